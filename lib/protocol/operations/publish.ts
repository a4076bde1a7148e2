/** Publishes a message on a channel. */
export const publish = {
  name: 'publish',
  command: 'publish',
  keys: ({ channel }: { channel: string; message: string }) => [channel],
  args: ({ message }: { channel: string; message: string }) => [message],
  read: () => undefined,
};
