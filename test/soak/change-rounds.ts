import { flushCompileCache } from "node:module";
import { serveConfig } from "../features/config/support/serve-config.ts";

/**
 * A program that changes configuration files as fast as it can, until it is killed: `node change-rounds.ts <folder>
 * <state folder> <first number>`. Says `{"ready":true}` when it begins.
 */

const [folder = "", state = "", first = "1"] = process.argv.slice(2);
const app = await serveConfig(
  { files: ["a.txt", "b.txt", "c.txt"].map((name) => `${folder}/${name}`), history: { maxVersions: 5 } },
  { state },
);

/** A content that tells whether it is whole. */
function contentOf(number: number): string {
  return `${number}\n${"x".repeat((number * 7_919) % 60_000)}\nend of ${number}\n`;
}

async function refuse(answer: Response): Promise<void> {
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
}

// It is killed, and would not do it itself.
flushCompileCache();
process.stdout.write('{"ready":true}\n');
for (let number = Number(first); ; number++) {
  const files = ["a.txt", "b.txt"].map((name) => ({ name, ifMatch: "*", content: contentOf(number) }));
  await refuse(
    await app.get("/changes", {
      method: "POST",
      body: JSON.stringify({ files }),
      headers: { "content-type": "application/json" },
    }),
  );
  await refuse(await app.put("c.txt", contentOf(number), { "if-match": "*" }));
}
