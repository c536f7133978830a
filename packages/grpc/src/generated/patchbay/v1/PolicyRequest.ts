// Original file: proto/patchbay/v1/identity.proto


export interface PolicyRequestInput {
}

export interface PolicyRequest {
}
