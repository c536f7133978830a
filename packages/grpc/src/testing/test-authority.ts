import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What stands in a certificate. */
export interface CertificateOptions {
  /** Default: a day ago. */
  readonly beginsAtMs?: number;
  /** Default: in a day. */
  readonly endsAtMs?: number;
  /** The alternative names, as openssl takes them. Default: the URI of the host or user. */
  readonly names?: readonly string[];
  /** Whose key it is for, in PEM. Default: a new one. */
  readonly privateKey?: string;
}

/** A certificate and its key, in PEM. */
export interface KeyAndCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** An identity as `@patchbay/grpc/secure` has it. */
export interface TestIdentity extends KeyAndCertificate {
  readonly cluster: string;
  readonly kind: 'host' | 'user' | 'nameserver';
  readonly name: string;
  readonly nameServers: readonly string[];
  readonly roots: readonly string[];
}

const dayMs = 86_400_000;

const configuration = `[ca]
default_ca = test
[test]
database = index
new_certs_dir = .
certificate = root.pem
private_key = root.key
rand_serial = yes
default_md = sha256
policy = anything
copy_extensions = copy
unique_subject = no
email_in_dn = no
[anything]
commonName = supplied
`;

/** An authority made with openssl, for tests: it issues whatever it is asked for. */
export class TestAuthority implements Disposable {
  readonly cluster: string;
  /** The certificate of its root, in PEM. */
  readonly root: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'patchbay-authority-'));

  constructor(cluster = 'c1') {
    this.cluster = cluster;
    this.#write('ca.cnf', configuration);
    this.#write('index', '');
    this.#write('root.key', newKey());
    this.#openssl('req', '-x509', '-new', '-key', 'root.key', '-out', 'root.pem', '-subj', `/CN=${cluster}`);
    this.root = this.#read('root.pem');
  }

  /** Issues a certificate. @throws what openssl refuses */
  issue({
    beginsAtMs = Date.now() - dayMs,
    endsAtMs = Date.now() + dayMs,
    names = [],
    privateKey = newKey(),
  }: CertificateOptions): KeyAndCertificate {
    this.#write('key', privateKey);
    this.#openssl(
      ...['req', '-new', '-key', 'key', '-out', 'csr', '-subj', '/CN=test'],
      ...(names.length === 0 ? [] : ['-addext', `subjectAltName=${names.join(',')}`]),
    );
    const dates = ['-startdate', asn1Time(beginsAtMs), '-enddate', asn1Time(endsAtMs)];
    this.#openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', '-in', 'csr', '-out', 'pem', ...dates);
    return { certificate: this.#read('pem'), privateKey };
  }

  /** Issues the identity of `host/NAME`, `user/NAME` or `nameserver/NAME`. */
  identity(id: string, options: CertificateOptions = {}): TestIdentity {
    const [kind, name] = id.split('/') as [TestIdentity['kind'], string];
    const { cluster, root } = this;
    const names = options.names ?? [`URI:spiffe://${cluster}/${kind}/${name}`, `DNS:${name}`];
    return { cluster, kind, name, nameServers: [], roots: [root], ...this.issue({ ...options, names }) };
  }

  /** Returns a certificate that its own key has signed, with a URI. */
  selfSigned(uri: string): KeyAndCertificate {
    const privateKey = newKey();
    this.#write('key', privateKey);
    const names = ['-subj', '/CN=self', '-addext', `subjectAltName=URI:${uri}`];
    this.#openssl('req', '-x509', '-new', '-key', 'key', '-out', 'pem', ...names);
    return { certificate: this.#read('pem'), privateKey };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] });
  }

  #read(name: string): string {
    return readFileSync(join(this.#folder, name), 'utf8');
  }

  #write(name: string, content: string): void {
    writeFileSync(join(this.#folder, name), content, { mode: 0o600 });
  }
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function asn1Time(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
}
