import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { forgetKey, keepKey, keptKey } from "./access.js";
import { messageOf } from "./api.js";
import { realClock } from "./feed.js";
import { count } from "./format.js";
import { Model } from "./model.js";
import { link, parse, type Route } from "./route.js";
import { keptTheme, setTheme, type Theme } from "./theme.js";
import type { CallerShown } from "./types.js";
import { ModelContext, useModel, useStore } from "./ui/hooks.js";
import { Empty, Icon, Loading } from "./ui/parts.js";
import { DependenciesView } from "./views/dependencies.js";
import { HealthHeader } from "./views/health.js";
import { LettersView } from "./views/letters.js";
import { PeopleView } from "./views/people.js";
import { identify, SignIn } from "./views/signin.js";
import { TablesView } from "./views/tables.js";
import { TopologyView } from "./views/topology.js";
import { WorkersView } from "./views/workers.js";

interface View {
  name: string;
  title: string;
  action: string;
  icon: string;
  show: (route: Route) => ComponentChildren;
}

const VIEWS: View[] = [
  { name: "topology", title: "Topology", action: "read-stats", icon: "M5 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm0 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm14-6a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM7 6h3c3 0 3 6 7 6M7 18h3c3 0 3-6 7-6", show: (route) => <TopologyView route={route} /> },
  { name: "tables", title: "Tables", action: "read-stats", icon: "M4 5h16v14H4zM4 10h16M10 10v9", show: (route) => <TablesView route={route} /> },
  { name: "workers", title: "Workers", action: "read-stats", icon: "M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01", show: () => <WorkersView /> },
  { name: "dependencies", title: "Dependencies", action: "read-stats", icon: "M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0ZM12 17v4", show: () => <DependenciesView /> },
  { name: "letters", title: "Dead letters", action: "read-dead-letters", icon: "M3 6h18v12H3zM3 7l9 7 9-7", show: (route) => <LettersView route={route} /> },
  { name: "people", title: "People", action: "read-user", icon: "M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21c0-4 4-6 8-6s8 2 8 6", show: (route) => <PeopleView route={route} /> },
];

interface Signed {
  key: string;
  caller: CallerShown;
}

export function App() {
  const [signed, setSigned] = useState<Signed | null>(null);
  const [reason, setReason] = useState("");
  const [looking, setLooking] = useState(keptKey() !== "");
  useEffect(() => {
    const key = keptKey();
    if (key === "") return;
    identify(key).then(
      (caller) => (setSigned({ key, caller }), setLooking(false)),
      (error: unknown) => (setReason(messageOf(error)), setLooking(false)),
    );
  }, []);
  const signOut = (why: string): void => {
    forgetKey();
    setReason(why);
    setSigned(null);
  };
  if (looking) return <Loading rows={3} />;
  if (signed === null) return <SignIn key={reason} reason={reason} onSignedIn={(key, caller) => (keepKey(key), setSigned({ key, caller }))} />;
  return <Console key={signed.key} signed={signed} onSignOut={signOut} />;
}

function Console({ signed, onSignOut }: { signed: Signed; onSignOut: (why: string) => void }) {
  const model = useMemo(() => new Model(signed.key, signed.caller, (...given) => fetch(...given), realClock, onSignOut), []);
  useEffect(() => {
    model.start();
    return () => model.stop();
  }, []);
  const route = useRoute();
  const allowed = VIEWS.filter((view) => model.may(view.action));
  const view = VIEWS.find((one) => one.name === route.view);
  return (
    <ModelContext.Provider value={model}>
      <a class="skip" href={link(route.view, route.query, route.id)} onClick={(event) => (event.preventDefault(), document.querySelector("main")?.focus())}>
        To the content
      </a>
      <div class="shell">
        <nav class="rail" aria-label="Views">
          <span class="brand">
            <span class="brand-mark" aria-hidden="true" />
            <span class="words">Pavilion</span>
          </span>
          {allowed.map((one) => (
            <a key={one.name} href={link(one.name)} aria-current={one === view ? "page" : undefined} title={one.title}>
              <Icon path={one.icon} />
              <span class="words">{one.title}</span>
              <Badge view={one.name} />
            </a>
          ))}
          <div class="foot">
            <ThemeSwitch />
            <span class="who words" title={signed.caller.user_id}>
              signed in as <b>{signed.caller.role}</b>
            </span>
            <button type="button" class="button plain" onClick={() => onSignOut("")}>
              Sign out
            </button>
          </div>
        </nav>
        <main tabIndex={-1} data-view={route.view}>
          <HealthHeader />
          {view === undefined ? (
            <Empty title="There is no such view">Choose one on the left.</Empty>
          ) : model.may(view.action) ? (
            view.show(route)
          ) : (
            <Empty title={`${view.title} is not for ${signed.caller.role}`}>Sign in with a key of another role to see it.</Empty>
          )}
        </main>
      </div>
    </ModelContext.Provider>
  );
}

function Badge({ view }: { view: string }) {
  const streams = useStore(useModel().streams.value);
  const open = (streams?.dependencies ?? []).filter((one) => one.state !== "closed").length;
  const number = view === "letters" ? (streams?.dead_letter_backlog ?? 0) : view === "dependencies" ? open : 0;
  return number > 0 ? <span class="badge">{count(number)}</span> : null;
}

function ThemeSwitch() {
  const [theme, set] = useState<Theme>(keptTheme);
  const choose = (next: Theme): void => {
    setTheme(next);
    set(next);
  };
  const all: [Theme, string][] = [["light", "Light"], ["dark", "Dark"], ["", "Auto"]];
  return (
    <span class="switch" role="group" aria-label="Colours">
      {all.map(([one, name]) => (
        <button key={name} type="button" aria-pressed={theme === one} onClick={() => choose(one)}>
          {name}
        </button>
      ))}
    </span>
  );
}

function useRoute(): Route {
  const [route, set] = useState(() => parse(location.hash));
  useEffect(() => {
    const changed = (): void => set(parse(location.hash));
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}
