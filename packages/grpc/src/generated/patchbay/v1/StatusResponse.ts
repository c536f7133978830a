// Original file: proto/patchbay/v1/identity.proto


export interface StatusResponseInput {
  /**
   * The version of the name server.
   */
  'version'?: (string);
  /**
   * To which clients of other machines connect, host:port; empty where there is no such address.
   */
  'serverUrl'?: (string);
  /**
   * How the name server is reached: host:port or unix:/path.
   */
  'endpoints'?: (string)[];
  /**
   * The id of the cluster: the trust domain of its SPIFFE IDs.
   */
  'cluster'?: (string);
  /**
   * The certificates of the roots that are trusted, in PEM. To be compared with the pin of a token (its fourth part): the
   * unpadded base64url of the SHA-256 of the root's public key, as SPKI in DER.
   */
  'roots'?: (string)[];
  /**
   * The name server's time, RFC 3339.
   */
  'time'?: (string);
  /**
   * What Enrol and Renew sign: good for 60 s, on the connection that it was returned on.
   */
  'challenge'?: (string);
}

export interface StatusResponse {
  /**
   * The version of the name server.
   */
  'version': (string);
  /**
   * To which clients of other machines connect, host:port; empty where there is no such address.
   */
  'serverUrl': (string);
  /**
   * How the name server is reached: host:port or unix:/path.
   */
  'endpoints': (string)[];
  /**
   * The id of the cluster: the trust domain of its SPIFFE IDs.
   */
  'cluster': (string);
  /**
   * The certificates of the roots that are trusted, in PEM. To be compared with the pin of a token (its fourth part): the
   * unpadded base64url of the SHA-256 of the root's public key, as SPKI in DER.
   */
  'roots': (string)[];
  /**
   * The name server's time, RFC 3339.
   */
  'time': (string);
  /**
   * What Enrol and Renew sign: good for 60 s, on the connection that it was returned on.
   */
  'challenge': (string);
}
