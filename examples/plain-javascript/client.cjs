const { connect, isRpcError } = require('@patchbay/rpcclient');
const process = require('node:process');

function print(line) {
  process.stdout.write(`${line}\n`);
}

async function main() {
  const client = connect();
  try {
    const counter = client.proxy('counter');
    print(await counter.add(3));
    try {
      await counter.add(3, { max: 5 });
    } catch (error) {
      if (!isRpcError(error, 'COUNT_TOO_HIGH')) {
        throw error;
      }
      print(`${error.message}, ${JSON.stringify(error.details)}`);
    }
    await counter.down((number) => {
      print(number);
      return null;
    });
  } finally {
    await client.close();
  }
}

main();
