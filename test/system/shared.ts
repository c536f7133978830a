/**
 * Makes something before the tests of the suite that this is called in, for all of them, and disposes of it after
 * them. @returns what gives it to a test
 */
export function shared<T extends AsyncDisposable>(make: () => Promise<T>): () => T {
  let made: T | undefined;
  before(async () => {
    made = await make();
  });
  after(() => made?.[Symbol.asyncDispose]());
  return () => {
    if (made === undefined) {
      throw new Error('it is there while the tests run only');
    }
    return made;
  };
}
