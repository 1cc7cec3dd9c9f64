import { useState } from "preact/hooks";
import { useLoaded, useModel } from "../ui/hooks.js";
import { Empty, Failed, Loading, Time } from "../ui/parts.js";

/** Who replayed what; asked for only when it is opened. */
export function ReplaysList({ round }: { round: number }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="card replays" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Who replayed what</summary>
      {open && <Replays round={round} />}
    </details>
  );
}

function Replays({ round }: { round: number }) {
  const model = useModel();
  const { value, error, again } = useLoaded(`replays ${round}`, () => model.api.replays(null));
  if (error !== "") return <Failed reason={error} again={again} />;
  if (value === null) return <Loading rows={3} />;
  if (value.data.length === 0) return <Empty title="Nothing was replayed yet" />;
  return (
    <table class="rows">
      <thead>
        <tr>
          <th>When</th>
          <th>By</th>
          <th>Letter</th>
          <th class="number">After tries</th>
          <th>Result</th>
        </tr>
      </thead>
      <tbody>
        {value.data.map((one) => (
          <tr key={`${one.time} ${one.id}`}>
            <td>
              <Time at={one.time} />
            </td>
            <td>{one.by}</td>
            <td class="wrap">
              <code>{one.id}</code>
            </td>
            <td class="number">{one.attempts}</td>
            <td>{one.result}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
