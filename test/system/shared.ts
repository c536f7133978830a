/**
 * Creates a fixture before the tests of the current suite, shared by all of them, and disposes of it after them.
 * @returns a function that returns it to a test
 */
export function shared<T extends AsyncDisposable>(make: () => Promise<T>): () => T {
  let made: T | undefined;
  before(async () => {
    made = await make();
  });
  after(() => made?.[Symbol.asyncDispose]());
  return () => {
    if (made === undefined) {
      throw new Error('the fixture exists only while the tests run');
    }
    return made;
  };
}
