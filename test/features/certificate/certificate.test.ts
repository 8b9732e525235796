import { X509Certificate } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createCertificate } from "../../../src/features/certificate/certificate.ts";
import type { CertificateStore } from "../../../src/listener/certificates.ts";
import { DAY_MS, issue, openStore, temporaryFolder, writePair } from "../../listener/certificate-support.ts";
import { serveFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";

const never = new AbortController().signal;
const asViewer = { headers: { Authorization: `Bearer ${VIEWER_TOKEN}` } };

async function checkOf(store: CertificateStore, nowMs = Date.now()) {
  const [check] = createCertificate(store, () => nowMs).health ?? [];
  if (check === undefined) throw new Error("The feature has no health check.");
  expect(check).toMatchObject({ name: "certificate", affectsReadiness: false });
  return await check.run(never);
}

describe("GET /certificate", () => {
  it("gives the public facts of a self-made certificate to a viewer, and no key", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(folder.path, { https: { names: ["app.example.com"] } });
    await using served = await serveFeatures([createCertificate(store)]);
    const response = await served.get("/certificate", asViewer);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("application/json");
    const leaf = new X509Certificate(store.current().certPem);
    expect(await response.json()).toEqual({
      source: "self-made",
      subject: "CN=app.example.com",
      issuer: expect.stringMatching(/^CN=Tickbird local CA /),
      names: store.current().names,
      notBefore: leaf.validFromDate.toISOString(),
      expiresAt: leaf.validToDate.toISOString(),
      fingerprint256: leaf.fingerprint256,
      renewsAt: new Date(leaf.validToDate.getTime() - 30 * DAY_MS).toISOString(),
      problem: null,
    });
  });

  it("says why a replacement was refused, and what mends it", async () => {
    await using folder = await temporaryFolder();
    const https = await writePair(folder.path, await issue());
    await using store = await openStore(join(folder.path, "certs"), { https });
    await using served = await serveFeatures([createCertificate(store)]);
    await writeFile(https.certFile, "hello");
    await store.reload();
    const response = await served.get("/certificate");
    const { source, renewsAt, problem } = z.looseObject({ source: z.string() }).parse(await response.json());
    expect({ source, renewsAt }).toEqual({ source: "files", renewsAt: null });
    expect(problem).toEqual({
      detail: expect.stringContaining("https.certFile"),
      remedy: expect.stringContaining("BEGIN CERTIFICATE"),
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
  });

  it("needs a credential", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(folder.path);
    await using served = await serveFeatures([createCertificate(store)]);
    for (const path of ["/certificate", "/certificate/ca"]) {
      expect((await fetch(served.url + path)).status).toBe(401);
    }
  });
});

describe("GET /certificate/ca", () => {
  it("gives the local CA as a file to download", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(folder.path);
    await using served = await serveFeatures([createCertificate(store)]);
    const response = await served.get("/certificate/ca", asViewer);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/x-pem-file");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="tickbird-ca.crt"');
    const ca = new X509Certificate(await response.text());
    expect(new X509Certificate(store.current().certPem).verify(ca.publicKey)).toBe(true);
  });

  it("is not there where the user gave the certificate, and says whom to trust instead", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(join(folder.path, "certs"), {
      https: await writePair(folder.path, await issue()),
    });
    await using served = await serveFeatures([createCertificate(store)]);
    const response = await served.get("/certificate/ca");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      code: "not-found",
      remedy: expect.stringContaining("GET /certificate"),
    });
  });
});

describe("the health check of the certificate", () => {
  it("passes with the days that are left", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(folder.path);
    expect(await checkOf(store)).toMatchObject({
      status: "pass",
      detail: "The certificate is valid for 396 more days.",
      figures: { expiresAt: store.current().expiresAt.toISOString() },
    });
  });

  it("warns from 14 days before the end on, and fails after it", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(join(folder.path, "certs"), {
      https: await writePair(folder.path, await issue()),
    });
    const endMs = store.current().expiresAt.getTime();
    const remedy = expect.stringContaining("https.certFile");
    expect((await checkOf(store, endMs - 14.1 * DAY_MS)).status).toBe("pass");
    expect(await checkOf(store, endMs - 13.9 * DAY_MS)).toMatchObject({ status: "warn", remedy });
    expect((await checkOf(store, endMs - 1)).status).toBe("warn");
    expect(await checkOf(store, endMs)).toMatchObject({ status: "fail", remedy });
  });

  it("does not warn through the whole life of a certificate that lives for six days", async () => {
    await using folder = await temporaryFolder();
    const from = new Date(Date.now() - 3_600_000);
    const short = await issue({ from, to: new Date(from.getTime() + 6 * DAY_MS) });
    await using store = await openStore(join(folder.path, "certs"), {
      https: await writePair(folder.path, short),
    });
    expect((await checkOf(store)).status).toBe("pass");
    expect((await checkOf(store, from.getTime() + 4.1 * DAY_MS)).status).toBe("warn");
  });

  it("fails while the certificate is not valid yet", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(folder.path);
    expect(await checkOf(store, Date.now() - 2 * DAY_MS)).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("not valid before"),
    });
  });

  it("warns when a replacement was refused, with what mends it", async () => {
    await using folder = await temporaryFolder();
    const https = await writePair(folder.path, await issue());
    await using store = await openStore(join(folder.path, "certs"), { https });
    await writeFile(https.keyFile, (await issue()).private);
    await store.reload();
    expect(await checkOf(store)).toMatchObject({
      status: "warn",
      detail: expect.stringMatching(
        /https\.keyFile.*valid for 88 more days|https\.keyFile.*valid for 89 more days/,
      ),
      remedy: expect.stringContaining("one issuance"),
    });
  });
});

describe("the capability", () => {
  it("is there while the certificate is valid", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(folder.path);
    expect(await createCertificate(store).capability()).toEqual({
      works: "yes",
      parts: [{ name: "certificate", works: true }],
    });
  });

  it("is not once it has expired, and says why and what mends it", async () => {
    await using folder = await temporaryFolder();
    const expired = await issue({ from: new Date("2020-01-01"), to: new Date("2021-01-01") });
    await using store = await openStore(join(folder.path, "certs"), {
      https: await writePair(folder.path, expired),
    });
    expect(await createCertificate(store).capability()).toEqual({
      works: "no",
      parts: [
        {
          name: "certificate",
          works: false,
          reason: expect.stringContaining("expired"),
          remedy: expect.stringContaining("Replace the certificate"),
        },
      ],
    });
  });
});

it("tells Prometheus when the certificate in use expires", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(folder.path, {});
  const [family] = (await createCertificate(store).metrics?.()) ?? [];
  const expiresAtSeconds = new X509Certificate(store.current().certPem).validToDate.getTime() / 1_000;
  expect(family).toMatchObject({
    name: "tickbird_certificate_not_after_timestamp_seconds",
    samples: [{ value: expiresAtSeconds }],
  });
});
