#!/usr/bin/env node
import process from 'node:process';
import { COMMANDS } from './commands.js';
import { runCli } from './frame/run-cli.js';

void runCli(COMMANDS, process);
