import { useEffect, useState } from "preact/hooks";
import { send } from "../../api/ask.ts";
import { isOperator } from "../../state/session.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Failure } from "../../ui/failure.tsx";
import { clock } from "../../ui/format.ts";
import { Scroll } from "../../ui/scroll.tsx";
import { Waiting } from "../../ui/waiting.tsx";
import { parseExact } from "./exact-json.ts";
import { JavaValue } from "./java-value.tsx";
import { JVM_KEEPS, JVM_PATIENCE_MS, type MBean, shortType } from "./jvm-types.ts";
import { SetAttribute } from "./mbean-changes.tsx";
import { Operation } from "./mbean-operation.tsx";

type Attribute = MBean["attributes"][number];

interface State {
  readonly mbean?: MBean;
  readonly at?: Date;
  readonly error?: unknown;
}

/** One MBean: its attributes with their values, and its operations. */
export function MBeanDetail({ pid, mbean }: { pid: number; mbean: string }) {
  const { state, refresh } = useMBean(pid, mbean);
  const { at, error, mbean: detail } = state;
  return (
    <section class="mbean" aria-label={`The MBean ${mbean}`}>
      <h2>{mbean}</h2>
      <div class="bar">
        <CopyButton text={mbean} what="its name" />
        <button type="button" class="quiet small" onClick={refresh}>
          Read it again
        </button>
        <span class="dim">{at === undefined ? "" : `As it was at ${clock(at)}`}</span>
      </div>
      {error === undefined ? null : <Failure error={error} />}
      {detail === undefined ? (
        error === undefined ? (
          <Waiting whatKeepsIt={JVM_KEEPS} />
        ) : null
      ) : (
        <>
          <p class="dim">{detail.description}</p>
          <Attributes pid={pid} mbean={detail} onChange={refresh} />
          <Operations pid={pid} mbean={detail} />
          <p class="dim">
            Class <code>{detail.className}</code>
          </p>
        </>
      )}
    </section>
  );
}

function Attributes({ pid, mbean, onChange }: { pid: number; mbean: MBean; onChange: () => void }) {
  if (mbean.attributes.length === 0) return <p>It has no attributes.</p>;
  return (
    <Scroll label="Attributes">
      <table class="attributes">
        <thead>
          <tr>
            <th scope="col">Attribute</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {mbean.attributes.map((attribute) => (
            <tr key={attribute.name}>
              <th scope="row" title={attribute.description}>
                {attribute.name}
                <div class="dim java-type">{shortType(attribute.type)}</div>
              </th>
              <td>
                <Value attribute={attribute} />
                {attribute.isWritable && isOperator() ? (
                  <SetAttribute pid={pid} mbean={mbean.mbean} attribute={attribute} onChange={onChange} />
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Value({ attribute: { name, value, reason, isReadable } }: { attribute: Attribute }) {
  if (!isReadable) return <span class="dim">It can only be set.</span>;
  if (reason !== null) return <span class="dim">It can’t be read: {reason}</span>;
  return <JavaValue name={name} value={value} />;
}

function Operations({ pid, mbean }: { pid: number; mbean: MBean }) {
  const { operations } = mbean;
  if (operations.length === 0) return null;
  return (
    <>
      <h3>Operations</h3>
      {isOperator() ? null : <p class="dim">Only operators may call them.</p>}
      {operations.map((operation) => (
        <Operation
          key={`${operation.name} ${operation.parameters.map(({ type }) => type).join()}`}
          {...{ pid, mbean: mbean.mbean, operation }}
          isOnly={operations.filter(({ name }) => name === operation.name).length === 1}
        />
      ))}
    </>
  );
}

function useMBean(pid: number, mbean: string): { state: State; refresh: () => void } {
  const [state, setState] = useState<State>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    readMBean(pid, mbean, abort.signal).then(
      (read) => abort.signal.aborted || setState({ mbean: read, at: new Date() }),
      (error: unknown) => abort.signal.aborted || setState((before) => ({ ...before, error })),
    );
    return () => abort.abort();
  }, [pid, mbean, round]);
  return { state, refresh: () => setRound((before) => before + 1) };
}

async function readMBean(pid: number, mbean: string, signal: AbortSignal): Promise<MBean> {
  const request = {
    params: { pid, mbean },
    headers: { Accept: "application/json" },
    signal,
    patienceMs: JVM_PATIENCE_MS,
  };
  const answer = await send("GET /jvm/{pid}/mbeans/{mbean}", request);
  return asMBean(parseExact(await answer.text()));
}

/** As the API's document has it. */
function asMBean(value: unknown): MBean {
  if (isMBean(value)) return value;
  throw new Error("The answer is not what it should be.");
}

function isMBean(value: unknown): value is MBean {
  return typeof value === "object" && value !== null && "attributes" in value && "operations" in value;
}
