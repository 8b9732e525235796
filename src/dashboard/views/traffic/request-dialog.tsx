import { useAnswer } from "../../api/use-answer.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Fact } from "../../ui/fact.tsx";
import { Failure } from "../../ui/failure.tsx";
import { bytes, clock, count, duration, UNKNOWN } from "../../ui/format.ts";
import { LogsOfTime } from "../../ui/logs-of-time.tsx";
import { endOf, type TrafficRequest, verdictOn } from "./request.ts";
import { RequestCalls } from "./request-calls.tsx";
import { toneOf } from "./request-rows.tsx";
import { TimeBar, TimeParts } from "./time-bar.tsx";

/** One request with everything, and the ways to what the app did in its time. */
export function RequestDialog(props: {
  id: string;
  /** Where the list has it already. */
  known: TrafficRequest | undefined;
  onClose: () => void;
}) {
  const { id, known, onClose } = props;
  const asked = useAnswer("GET /traffic/{requestId}", { params: { requestId: id }, if: known === undefined });
  const request = known ?? asked.value;
  const title =
    request === undefined
      ? "One request"
      : `${request.method} ${request.path}${request.isPathCut ? "…" : ""}`;
  return (
    <Dialog title={title} onClose={onClose}>
      {request === undefined ? (
        asked.error === undefined ? (
          <p class="dim waiting">One moment…</p>
        ) : (
          <Failure error={asked.error} />
        )
      ) : (
        <Details request={request} />
      )}
    </Dialog>
  );
}

function Details({ request }: { request: TrafficRequest }) {
  const verdict = verdictOn(request);
  return (
    <>
      {verdict === undefined ? (
        <p>
          <span class="good">✓</span> Nothing was wrong with it.
        </p>
      ) : (
        <p>
          <strong class={verdict.tone}>{SIDES[verdict.side]}</strong> {verdict.long}
        </p>
      )}
      <h3>Where its {duration(request.durationMs)} went</h3>
      <TimeBar request={request} isWide />
      <TimeParts request={request} />
      <Facts request={request} />
      <h3>What the app did in its time</h3>
      <LogsOfTime from={Date.parse(request.startTime)} to={endOf(request)} having={request.id} />
      <RequestCalls request={request} />
    </>
  );
}

const SIDES = {
  client: "The client's side.",
  sidecar: "The sidecar's side.",
  core: "The app's side.",
} as const;

function Facts({ request }: { request: TrafficRequest }) {
  const { id, status, protocol, client, startTime, firstByteMs, retries, connection } = request;
  return (
    <dl class="facts">
      <Fact name="Status">
        {status === null ? (
          "None: the client had gone before it was told any"
        ) : (
          <span class={toneOf(status)}>{status}</span>
        )}
        {request.failure === null ? "" : ` (${request.failure.reason})`}
      </Fact>
      <Fact name="Request id">
        <code>{id}</code> <CopyButton text={id} what="the request id" />
      </Fact>
      <Fact name="Client">
        {client === "" ? UNKNOWN : client}, HTTP/{protocol}
      </Fact>
      <Fact name="Began, ended">
        {clock(startTime)}, {clock(endOf(request))}
      </Fact>
      <Fact name="First byte after">{firstByteMs === null ? "No answer began" : duration(firstByteMs)}</Fact>
      <Fact name={request.isUpgraded ? "All bytes to and from the app" : "Bodies: request, answer"}>
        {bytes(request.requestBytes)}, {bytes(request.responseBytes)}
      </Fact>
      <Fact name="Sent again">{retries === 0 ? "No" : `${count(retries)} times, on another connection`}</Fact>
      <Fact name="Connection to the app">
        {connection === null
          ? "It never got one"
          : `${connection.localAddress}:${connection.localPort} to ${connection.remoteAddress}:${connection.remotePort}`}
      </Fact>
    </dl>
  );
}
