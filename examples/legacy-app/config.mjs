import { readFileSync } from "node:fs";
import { parseIni } from "./ini.mjs";

const SHOWN = [
  ["site", "title"],
  ["site", "greeting"],
  ["site", "background"],
  ["features", "guestbook"],
  ["features", "clock"],
  ["features", "downloads"],
  ["database", "host"],
  ["database", "name"],
  ["database", "user"],
];

/** Reads the configuration file; what it leaves out has a default. */
export function readConfig(path) {
  const { site = {}, features = {}, database = {} } = parseIni(readFileSync(path, "utf8"));
  return {
    title: site.title ?? "Untitled",
    greeting: site.greeting ?? "",
    // It becomes an attribute of <body>: a colour's name or #rrggbb, and nothing else.
    background: /^(#[0-9a-f]{6}|[a-z]+)$/i.test(site.background ?? "") ? site.background : "white",
    guestbook: isOn(features.guestbook),
    clock: isOn(features.clock),
    downloads: isOn(features.downloads),
    readAt: new Date(),
    /** What the page /about shows: everything but the password. */
    shown: SHOWN.map(([section, key]) => [
      `${section}.${key}`,
      { site, features, database }[section][key] ?? "(not set)",
    ]),
  };
}

function isOn(value) {
  return ["on", "yes", "true", "1"].includes((value ?? "on").toLowerCase());
}
