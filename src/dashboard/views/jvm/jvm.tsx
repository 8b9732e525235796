import "./jvm.css";
import { useAnswer } from "../../api/use-answer.ts";
import { Loaded } from "../../ui/loaded.tsx";
import type { ViewProps } from "../view.ts";
import { JvmList } from "./jvm-list.tsx";
import { JvmPage } from "./jvm-page.tsx";

const EVERY_MS = 5_000;

/** The JVMs of the app, and one of them: `#/jvm/<pid>?tab=…`. Where there is one only, it is shown at once. */
export function Jvm({ place: { path, query } }: ViewProps) {
  const pid = Number(path[0]);
  return Number.isInteger(pid) ? <JvmPage key={pid} pid={pid} query={query} /> : <Jvms query={query} />;
}

function Jvms({ query }: { query: URLSearchParams }) {
  const list = useAnswer("GET /jvm", { everyMs: EVERY_MS });
  return (
    <Loaded of={list}>
      {(answer) => {
        const [only, ...others] = answer.jvms;
        if (only === undefined || others.length > 0) return <JvmList list={answer} />;
        return <JvmPage key={only.pid} pid={only.pid} query={query} />;
      }}
    </Loaded>
  );
}
