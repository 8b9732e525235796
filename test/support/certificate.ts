import { generate } from "selfsigned";

/** A certificate for localhost and 127.0.0.1 that is its own authority, for servers of tests. */
export async function makeTestCertificate(
  commonName = "localhost",
): Promise<{ certPem: string; keyPem: string }> {
  const { cert, private: keyPem } = await generate([{ name: "commonName", value: commonName }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { certPem: cert, keyPem };
}
