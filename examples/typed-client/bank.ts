import {
  arg,
  defineErrors,
  defineObject,
  method,
  objectOf,
  ownObject,
  type SignaturesOf,
  z,
} from '@patchbay/rpcserver';

const bankError = defineErrors({
  FUNDS_SHORT: ['FAILED_PRECONDITION', 'The account holds less than the requested amount.'],
});

const amount = arg('amount', z.int().positive(), 'how many cents');

/** Creates the object of one account. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- its type is that of its methods
export function accountOf(owner: string) {
  let cents = 0;
  return defineObject({
    summary: `The account of ${owner}`,
    methods: {
      balance: method({
        summary: 'Return the balance, in cents',
        returns: z.int(),
        idempotent: true,
        run: () => cents,
      }),
      deposit: method({
        summary: 'Deposit money, and return the balance',
        args: [amount],
        returns: z.int(),
        run: (more) => (cents += more),
      }),
      withdraw: method({
        summary: 'Withdraw money, and return the balance',
        args: [amount],
        returns: z.int(),
        run: (less) => {
          if (less > cents) {
            throw bankError('FUNDS_SHORT', `${owner} has ${String(cents)} cents, not ${String(less)}`, {
              details: { cents },
            });
          }
          return (cents -= less);
        },
      }),
    },
  });
}
export type Account = ReturnType<typeof accountOf>;

const accounts = new Map<string, Account>();

export const bank = defineObject({
  summary: 'Keeps accounts',
  methods: {
    account: method({
      summary: 'Return the account of an owner, a new one if necessary',
      args: [arg('owner', z.string().min(1), 'the owner')],
      returns: objectOf<Account>(),
      idempotent: true,
      run: (owner) => {
        const account = accounts.get(owner) ?? accountOf(owner);
        accounts.set(owner, account);
        return account;
      },
    }),
    close: method({
      summary: 'Close an account, and return its owner',
      args: [arg('account', ownObject<Account>(), 'an account that this bank returned')],
      returns: z.string(),
      run: (account) => {
        const [owner = 'nobody'] = [...accounts].find(([, each]) => each === account) ?? [];
        accounts.delete(owner);
        return owner;
      },
    }),
  },
});
export type Bank = SignaturesOf<typeof bank>;
