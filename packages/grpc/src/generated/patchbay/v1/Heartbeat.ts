// Original file: proto/patchbay/v1/objects.proto


/**
 * A sign of life, so that neither a proxy in between nor the client takes a silent call for a dead one. The client sends
 * one from time to time while it has calls in flight or holds objects, and the server answers each with one.
 */
export interface HeartbeatInput {
}

/**
 * A sign of life, so that neither a proxy in between nor the client takes a silent call for a dead one. The client sends
 * one from time to time while it has calls in flight or holds objects, and the server answers each with one.
 */
export interface Heartbeat {
}
