// Original file: proto/patchbay/v1/identity.proto


export interface StatusRequestInput {
}

export interface StatusRequest {
}
