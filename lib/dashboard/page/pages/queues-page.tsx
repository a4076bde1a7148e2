import { useState } from 'preact/hooks';
import type { QueuesLook } from '../../dashboard-api.js';
import type { History } from '../looks/history.js';
import { QueueTable } from './queue-table.js';
import { rowsOf, sorted, type Order } from './queue-rows.js';
import { QueueTotals } from './queue-totals.js';

interface QueuesPageProps {
  readonly look: QueuesLook | undefined;
  readonly history: History;
}

/** All queues. */
export function QueuesPage({ look, history }: QueuesPageProps) {
  const [search, setSearch] = useState('');
  const [order, setOrder] = useState<Order>({ key: 'queue', isDescending: false });
  if (look === undefined) {
    return <p class="quiet">Looking …</p>;
  }
  const rows = rowsOf(look.queues, history);
  const needle = search.trim().toLowerCase();
  const found = rows.filter(({ queue }) => queue.toLowerCase().includes(needle));
  return (
    <>
      <div class="heading">
        <h1>Queues</h1>
        <input
          type="search"
          placeholder="Find a queue"
          aria-label="Find a queue"
          value={search}
          onInput={({ currentTarget }) => setSearch(currentTarget.value)}
        />
      </div>
      <QueueTotals rows={found} />
      {rows.length === 0 ? (
        <p class="empty">
          No worker has served a queue within 90 days. A queue appears here when its first worker
          starts.
        </p>
      ) : (
        <QueueTable
          rows={sorted(found, order)}
          until={look.at}
          order={order}
          onOrder={(key) =>
            setOrder({
              key,
              isDescending: order.key === key ? !order.isDescending : key !== 'queue',
            })
          }
        />
      )}
      {rows.length > 0 && found.length === 0 && <p class="empty">No queue has this in its name.</p>}
    </>
  );
}
