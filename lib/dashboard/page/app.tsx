import { useEffect, useRef, useState } from 'preact/hooks';
import type { DashboardSettings } from '../dashboard-api.js';
import { api } from './api.js';
import { visibleText } from './format/visible-text.js';
import { useLooks, type Looks } from './looks/use-looks.js';
import { DeadLettersPage } from './pages/dead-letters-page.js';
import { QueuePage } from './pages/queue-page.js';
import { QueuesPage } from './pages/queues-page.js';
import { WorkersPage } from './pages/workers-page.js';
import { Header } from './parts/header.js';
import { Notices } from './parts/notices.js';
import { SettingsProvider } from './parts/settings.js';
import { useKeptFocus } from './parts/use-kept-focus.js';
import { useRoute, type Route } from './route.js';

/** Nobody may write before the server has said so. */
const UNKNOWN: DashboardSettings = { readOnly: true, version: '' };

export function App() {
  const route = useRoute();
  const looks = useLooks(queryOf(route));
  const [settings, setSettings] = useState<DashboardSettings>();
  const isConnected = looks.trouble === undefined;
  // Asks with each look until there is an answer.
  const look = settings === undefined ? looks.queues : undefined;
  useEffect(() => {
    if (isConnected) {
      // The looks tell what is wrong where this fails.
      api.settings().then(setSettings, () => {});
    }
  }, [isConnected, look]);
  const title = titleOf(route);
  const place = JSON.stringify(route);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = title;
    if (!isFirst.current) {
      // The link that led here is gone.
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    isFirst.current = false;
  }, [title, place]);
  useKeptFocus();
  return (
    <SettingsProvider value={settings ?? UNKNOWN}>
      <Notices>
        <Header route={route} trouble={looks.trouble} settings={settings} />
        <main ref={main} id="main" tabIndex={-1} key={place}>
          <Page route={route} looks={looks} />
        </main>
      </Notices>
    </SettingsProvider>
  );
}

function Page({ route, looks }: { readonly route: Route; readonly looks: Looks }) {
  // The last look at a queue may be about the page before.
  const lookAt = (queue: string) => (looks.queue?.queue.queue === queue ? looks.queue : undefined);
  switch (route.page) {
    case 'queues':
      return <QueuesPage look={looks.queues} history={looks.history} />;
    case 'workers':
      return <WorkersPage look={looks.workers} />;
    case 'queue':
      return <QueuePage name={route.queue} look={lookAt(route.queue)} history={looks.history} />;
    case 'dead':
      return <DeadLettersPage queue={route.queue} look={lookAt(route.queue)} />;
  }
}

function queryOf(route: Route): string {
  switch (route.page) {
    case 'queues':
      return '';
    case 'workers':
      return 'workers';
    default:
      return new URLSearchParams({ queue: route.queue }).toString();
  }
}

function titleOf(route: Route): string {
  switch (route.page) {
    case 'queues':
      return 'Queues';
    case 'workers':
      return 'Workers · Queues';
    case 'queue':
      return `${visibleText(route.queue)} · Queues`;
    case 'dead':
      return `Dead letters of ${visibleText(route.queue)} · Queues`;
  }
}
