// Loaded before the property tests by `npm run soak properties`: sets the seed that they otherwise choose themselves.
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.PATCHBAY_SEED) });
