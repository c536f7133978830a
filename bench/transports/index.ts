import type { Transport } from '../transport.js';
import { patchbayCall, patchbayCallAsUnary } from './patchbay-call.js';
import { everyCallLogged, everything, nothingChecked, patchbay, spinning } from './patchbay.js';
import { patchbayByKey } from './patchbay-key.js';
import { patchbayBySocket } from './patchbay-socket.js';
import { patchbayByTls } from './patchbay-tls.js';
import { pipelinedSocket, socket } from './socket.js';
import { unary } from './unary.js';
import { unaryValue } from './unary-value.js';

/** The transports that a peer can serve or call, by name. */
export const transports: Readonly<Record<string, Transport>> = {
  patchbay,
  'patchbay-by-socket': patchbayBySocket,
  'patchbay-by-tls': patchbayByTls,
  'patchbay-by-key': patchbayByKey,
  'patchbay-spinning': spinning,
  'patchbay-call': patchbayCall,
  'patchbay-call-as-unary': patchbayCallAsUnary,
  'patchbay-unchecked': nothingChecked,
  'patchbay-everything': everything,
  'patchbay-every-call-logged': everyCallLogged,
  socket,
  'socket-pipelined': pipelinedSocket,
  unary,
  'unary-value': unaryValue,
};
