import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { DashboardSettings } from '../../dashboard-api.js';

const SettingsContext = createContext<DashboardSettings>({ readOnly: true, version: '' });

export const SettingsProvider = SettingsContext.Provider;

/** Whether the user may change anything. */
export const useCanWrite = (): boolean => !useContext(SettingsContext).readOnly;
