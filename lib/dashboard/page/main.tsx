document.body.textContent = 'Queues';
