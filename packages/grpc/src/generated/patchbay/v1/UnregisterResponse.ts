// Original file: proto/patchbay/v1/nameserver.proto


export interface UnregisterResponseInput {
}

export interface UnregisterResponse {
}
