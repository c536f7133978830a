// Original file: proto/patchbay/v1/nameserver.proto


export interface InfoRequestInput {
}

export interface InfoRequest {
}
