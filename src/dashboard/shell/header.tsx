import { useState } from "preact/hooks";
import { sayError } from "../api/problem.ts";
import { session, signOut } from "../state/session.ts";
import { nextTheme, theme } from "../state/theme.ts";

const THEME_NAMES = { system: "Auto", light: "Light", dark: "Dark" } as const;

/** The name, the app, who is signed in. */
export function Header() {
  return (
    <header class="top">
      <a class="brand" href="#/">
        Tickbird
      </a>
      <a href="/">Open the app</a>
      <span class="end">
        <button
          type="button"
          class="quiet small"
          onClick={nextTheme}
          aria-label={`${THEME_NAMES[theme()]}: the theme. Change it`}
        >
          {THEME_NAMES[theme()]}
        </button>
        <Account />
      </span>
    </header>
  );
}

function Account() {
  const [trouble, setTrouble] = useState<string>();
  const who = session();
  if (who === undefined) return null;
  if (who.via === "none") return <strong class="bad">Authentication is switched off</strong>;
  return (
    <>
      <span>
        {who.name} <span class="dim">({who.role})</span>
      </span>
      {who.via === "session" ? (
        <button
          type="button"
          class="quiet small"
          onClick={() => void signOut().catch((error: unknown) => setTrouble(sayError(error)))}
        >
          Sign out
        </button>
      ) : null}
      {trouble === undefined ? null : <span role="alert">{trouble}</span>}
    </>
  );
}
