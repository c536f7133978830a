#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// What the name server knows is on disk, but for an index; its heap holds little else than what calls leave behind. By
// itself V8 lets that grow to a hundred megabytes before it collects it. Set before the program is even read, as a heap
// that has grown stays so.
setFlagsFromString('--semi-space-growth-factor=1'); // the youngest objects keep the megabyte that they begin with
setFlagsFromString('--heap-growing-percent=50'); // the older ones are collected when they are half as many again

await import('./command.js');
