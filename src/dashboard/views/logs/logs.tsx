import "./logs.css";
import { isOperator, session } from "../../state/session.ts";
import type { ViewProps } from "../view.ts";
import { LogList } from "./log-list.tsx";
import { LogView } from "./log-view.tsx";

/**
 * The logs of the app, and one of them: `#/logs/<name>?grep=…&since=…&until=…`. Without a name the query is kept for the
 * one that is chosen.
 */
export function Logs({ place: { path, query } }: ViewProps) {
  const [name] = path;
  if (session() === undefined) return <p class="dim waiting">One moment…</p>;
  if (!isOperator()) return <OnlyOperators />;
  return name === undefined ? <LogList query={query} /> : <LogView key={name} name={name} query={query} />;
}

function OnlyOperators() {
  return (
    <>
      <h1>Logs</h1>
      <p>
        Logs are shown as they are, and there may be secrets and people’s data in them. That is why only
        operators may read them.
      </p>
      <p>
        You are signed in as a <strong>viewer</strong>. Ask for an operator’s token.
      </p>
    </>
  );
}
