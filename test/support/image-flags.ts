import { readFileSync } from "node:fs";

/** What Node is told in the image, from the line of its Dockerfile that starts the program. */
export const IMAGE_FLAGS = flagsOfImage(readFileSync(new URL("../../Dockerfile", import.meta.url), "utf8"));

function flagsOfImage(dockerfile: string): readonly string[] {
  const [, argv = ""] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
  const [, flags] = /"node", (.*)"dist\/main\.js"/.exec(argv) ?? [];
  if (flags === undefined) throw new Error("the Dockerfile starts no dist/main.js");
  return flags.split(/[", ]+/).filter((flag) => flag !== "");
}
