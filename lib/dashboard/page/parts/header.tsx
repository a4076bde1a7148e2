import type { DashboardSettings } from '../../dashboard-api.js';
import { QUEUES, WORKERS, type Route } from '../route.js';

interface HeaderProps {
  readonly route: Route;
  /** Why there is nothing new, in words. */
  readonly trouble: string | undefined;
  readonly settings: DashboardSettings | undefined;
}

/** The top of each page: where one is, and whether what one sees is true now. */
export function Header({ route, trouble, settings }: HeaderProps) {
  const linkTo = (href: string, page: Route['page'], text: string) => (
    <a href={href} aria-current={route.page === page ? 'page' : undefined}>
      {text}
    </a>
  );
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          // The part behind `#` is the page.
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to the content
      </a>
      <header class="top">
        <nav aria-label="Main">
          <img src="icon.svg" width="28" height="28" alt="" />
          {linkTo(QUEUES, 'queues', 'Queues')}
          {linkTo(WORKERS, 'workers', 'Workers')}
        </nav>
        {settings?.readOnly === true && <span class="tag">read-only</span>}
        <span class={trouble === undefined ? 'live' : 'live bad'}>
          {trouble === undefined ? 'live' : 'no news'}
        </span>
      </header>
      <div role="alert">{trouble !== undefined && <p class="trouble">{trouble}</p>}</div>
    </>
  );
}
