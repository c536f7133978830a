/** Where gRPC finds the sessions of an object server. */
export const sessionPath = '/patchbay.v1.ObjectServer/Session';
