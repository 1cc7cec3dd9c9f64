import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../api.js";
import { plural } from "../format.js";
import type { LetterFilter, ReplayReport } from "../types.js";
import { useLoaded, useModel } from "../ui/hooks.js";
import { Failed, Loading } from "../ui/parts.js";

export type Chosen = { ids: string[] } | { filters: LetterFilter };

interface Props {
  chosen: Chosen;
  /** `done` if anything was replayed, or may have been. */
  onClose: (done: boolean) => void;
}

/** First what it would be, then the question, then what came of it: nothing is published before the question. */
export function ReplayDialog({ chosen, onClose }: Props) {
  const model = useModel();
  const dialog = useRef<HTMLDialogElement>(null);
  const plan = useLoaded(JSON.stringify(chosen), () => model.api.replay(chosen, true));
  const [running, setRunning] = useState(false);
  const [result, setResult] = useState<{ replayed: number; failed: ReplayReport["failed"]; error: string } | null>(null);
  useEffect(() => dialog.current!.showModal(), []);

  const run = async (): Promise<void> => {
    setRunning(true);
    const sum = { replayed: 0, failed: [] as ReplayReport["failed"], error: "" };
    try {
      // A call takes a thousand at most, and says how many are left.
      for (let left = 1; left > 0; ) {
        const report = await model.api.replay(chosen, false);
        sum.replayed += report.replayed;
        sum.failed.push(...report.failed);
        setResult({ ...sum, failed: [...sum.failed] });
        left = report.replayed > 0 ? report.remaining : 0;
      }
    } catch (error) {
      setResult({ ...sum, error: messageOf(error) });
    } finally {
      setRunning(false);
    }
  };
  const close = (): void => onClose(result !== null);

  return (
    <dialog ref={dialog} class="card" aria-labelledby="replay-title" onCancel={(event) => running && event.preventDefault()} onClose={close}>
      <h2 id="replay-title">Replay dead letters</h2>
      <p class="quiet">{"ids" in chosen ? "One letter, whatever became of it before." : described(chosen.filters)}</p>
      {plan.busy && <Loading rows={2} />}
      {plan.error !== "" && <Failed reason={plan.error} again={plan.again} />}
      {plan.value !== null && result === null && (
        <p class="count" role="status">
          <b>{plural(plan.value.matched, "letter")}</b> would be published again to where {plan.value.matched === 1 ? "it" : "they"} failed. Nothing is published yet.
        </p>
      )}
      {result !== null && (
        <p class="count" role="status">
          <b>{plural(result.replayed, "letter")}</b> replayed{running ? " so far…" : "."} What fails again comes back here with one more try.
        </p>
      )}
      {result !== null && result.failed.length > 0 && (
        <Failed reason={`${plural(result.failed.length, "letter")} could not be published: ${result.failed[0]!.reason}`} />
      )}
      {result !== null && result.error !== "" && <Failed reason={result.error} />}
      <div class="tools">
        <button type="button" class="button" disabled={running} onClick={() => dialog.current!.close()}>
          {result === null ? "Cancel" : "Close"}
        </button>
        {result === null && (
          <button type="button" class="button primary" disabled={running || (plan.value?.matched ?? 0) === 0} onClick={() => void run()}>
            {running ? "Replaying…" : `Replay ${plan.value === null ? "" : plural(plan.value.matched, "letter")}`}
          </button>
        )}
      </div>
    </dialog>
  );
}

function described(filter: LetterFilter): string {
  const named = Object.entries(filter).map(([name, value]) => `${name} ${value}`);
  return `All with ${named.join(", ")}.`;
}
