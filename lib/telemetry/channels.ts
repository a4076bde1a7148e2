import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { CallMessage } from './call-message.js';
import { EVENT_CHANNELS, JOB_CHANNEL, REQUEST_CHANNEL } from './channel-names.js';
import type { JobMessage } from './job-message.js';

export const requestChannel = tracingChannel<unknown, CallMessage>(REQUEST_CHANNEL);

export const jobChannel = tracingChannel<unknown, JobMessage>(JOB_CHANNEL);

export const eventChannels = {
  'worker lost': channel(EVENT_CHANNELS['worker lost']),
  'job redelivered': channel(EVENT_CHANNELS['job redelivered']),
  'job dead': channel(EVENT_CHANNELS['job dead']),
  'reply dropped': channel(EVENT_CHANNELS['reply dropped']),
  'outage began': channel(EVENT_CHANNELS['outage began']),
  'outage ended': channel(EVENT_CHANNELS['outage ended']),
};
