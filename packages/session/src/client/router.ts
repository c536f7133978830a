/** Knows where objects live. */
export interface Router {
  /** Gives the address of an object's server: at once where it is known. @throws RpcError */
  route(object: string): string | Promise<string>;
  /** Takes note that the object's server at this address could not be reached. */
  forget(object: string, address: string): void;
  /** Gives the address of another server of the object that may be tried at once; undefined where none is known. */
  elsewhere?(object: string): string | undefined;
}
