import { connect, isRpcError, readApiKeyFile } from '@patchbay/rpcclient';

import type { Diary } from './diary.js';

// What `rpcclient identity.create_key USER` printed, in a file that nobody else may read (chmod 600).
const apiKey = readApiKeyFile(process.env.PATCHBAY_API_KEY_FILE ?? './api-key');

await using client = connect({ apiKey });
const diary = client.proxy<Diary>('diary');
const print = (line: string): void => void process.stdout.write(`${line}\n`);

print(await diary.write('it rained'));
print(await diary.write('the sun shone', { user: 'user:somebody-else' }));

// Whoever has another secret is nobody, and is told no more than that.
await using stranger = connect({ apiKey: { ...apiKey, secret: 'x'.repeat(43) } });
try {
  await stranger.proxy<Diary>('diary').read();
} catch (error) {
  if (!isRpcError(error)) {
    throw error;
  }
  print(`${error.code}: ${error.reason}`);
}
