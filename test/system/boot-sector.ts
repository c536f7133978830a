/** A reference to a label that the assembler fills in: an address, or a relative offset. */
interface Hole {
  readonly to: string;
  readonly as: 'address' | 'near' | 'short';
}

/** A piece of a program: a byte, a label of the next piece, or a reference. */
type Piece = number | `${string}:` | Hole;

const origin = 0x7c00;
const sectorBytes = 512;
/** The first word of the loop's sector is the number of the round that wrote it. */
export const roundSector = 8;
/** The sector with the text that the program prints about its disk, terminated by a zero byte. */
export const nameSector = 1;

const address = (to: string): Hole => ({ to, as: 'address' });
const near = (to: string): Hole => ({ to, as: 'near' });
const short = (to: string): Hole => ({ to, as: 'short' });
const text = (words: string): number[] => [...Buffer.from(`${words}\0`, 'latin1')];
const call = (to: string): Piece[] => [0xe8, near(to)];
const print = (what: string): Piece[] => [0xbe, address(what), ...call('print')]; // mov si, what; call print
const read: Piece[] = [0xb4, 0x42, ...call('transfer')]; // mov ah, 42h
const write: Piece[] = [0xb4, 0x43, ...call('transfer')]; // mov ah, 43h
/** mov word [packet's sector], sector */
const select = (sector: number): Piece[] => [0xc7, 0x06, address('sector'), sector, 0];
/** mov di, buffer; mov cx, words in a sector */
const wholeBuffer: Piece[] = [0xbf, 0x00, 0x80, 0xb9, 0x00, 0x01];
const loadRound: Piece[] = [0xa1, address('count')]; // mov ax, [count]

/**
 * The program, in 16-bit code for a BIOS. It prints on COM1 what it is and the text of the disk's `nameSector`. Then
 * it repeatedly fills a sector with the number of the round through INT 13h, reads it back, compares, and
 * prints the number. A byte on COM1 makes it exit. It stops the machine through QEMU's isa-debug-exit with
 * `exitStatus.done`, or with `failed` after printing the error of INT 13h or that the sector differs.
 */
const program: readonly (readonly Piece[])[] = [
  [0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0], // xor ax, ax; mov ds, ax; mov es, ax; mov ss, ax
  [0xbc, 0x00, 0x7c, 0xfb, 0xfc], // mov sp, 7c00h; sti; cld
  [0x88, 0x16, address('drive')], // mov [drive], dl
  [...print('hello'), ...select(nameSector), ...read],
  [0xbe, 0x00, 0x80, ...call('print'), ...print('newline')], // mov si, buffer
  [...select(roundSector)],

  ['round:', 0xff, 0x06, address('count')], // inc word [count]
  [...loadRound, ...wholeBuffer, 0xf3, 0xab, ...write], // rep stosw
  [0x31, 0xc0, ...wholeBuffer, 0xf3, 0xab, ...read], // xor ax, ax; rep stosw
  [...loadRound, ...wholeBuffer, 0xf3, 0xaf, 0x75, short('differs')], // repe scasw; jne differs
  [...print('roundWord'), 0x8b, 0x1e, address('count'), ...call('printHex'), ...print('newline')], // mov bx, [count]
  [0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x75, short('done')], // mov dx, 3fdh; in al, dx; test al, 1; jnz done
  [0xb4, 0x86, 0x31, 0xc9, 0xba, 0x20, 0x4e, 0xcd, 0x15], // mov ah, 86h; cx:dx = 20,000 microseconds; int 15h
  [0xeb, short('round')],

  ['done:', ...print('doneWord'), 0x30, 0xc0, 0xeb, short('exit')], // xor al, al
  ['differs:', ...print('differsWord'), 0xeb, short('failed')],
  ['refused:', 0x88, 0xe7, 0x30, 0xdb, 0x53, ...print('refusedWord'), 0x5b, ...call('printHex')], // mov bh, ah; bl = 0
  ['failed:', ...print('newline'), 0xb0, 0x01], // mov al, 1
  ['exit:', 0xe6, 0xf4, 0xf4, 0xeb, short('exit')], // out f4h, al; hlt

  // Reads (ah = 42h) or writes (43h) the sector of the packet.
  ['transfer:', 0xb0, 0x00, 0x8a, 0x16, address('drive'), 0xbe, address('packet')], // al = 0; dl = drive; si = packet
  [0xcd, 0x13, 0x72, short('refused'), 0xc3], // int 13h; jc refused; ret

  // Prints the text at si.
  ['print:', 0xac, 0x84, 0xc0, 0x74, short('printed')], // lodsb; test al, al; jz printed
  [...call('put'), 0xeb, short('print')],
  ['printed:', 0xc3],

  // Prints bx as four hexadecimal digits.
  ['printHex:', 0xb9, 0x04, 0x00], // mov cx, 4
  ['nextDigit:', 0xc1, 0xc3, 0x04, 0x88, 0xd8, 0x24, 0x0f], // rol bx, 4; mov al, bl; and al, 0fh
  [0x3c, 0x0a, 0x72, short('isDecimal'), 0x04, 0x27], // cmp al, 10; jb isDecimal; add al, 'a' - 10 - '0'
  ['isDecimal:', 0x04, 0x30, ...call('put'), 0xe2, short('nextDigit'), 0xc3], // add al, '0'; loop nextDigit; ret

  // Sends al on COM1 as soon as it is ready.
  ['put:', 0x88, 0xc4, 0xba, 0xfd, 0x03], // mov ah, al; mov dx, 3fdh
  ['full:', 0xec, 0xa8, 0x20, 0x74, short('full')], // in al, dx; test al, 20h; jz full
  [0xba, 0xf8, 0x03, 0x88, 0xe0, 0xee, 0xc3], // mov dx, 3f8h; mov al, ah; out dx, al; ret

  // The disk address packet of INT 13h: 16 bytes, one sector, at 0000:8000.
  ['packet:', 0x10, 0, 1, 0, 0x00, 0x80, 0, 0],
  ['sector:', 0, 0, 0, 0, 0, 0, 0, 0],
  ['count:', 0, 0],
  ['drive:', 0],
  ['hello:', ...text('booted from the disk of ')],
  ['roundWord:', ...text('round ')],
  ['doneWord:', ...text('done\r\n')],
  ['differsWord:', ...text('read something else')],
  ['refusedWord:', ...text('INT 13h refused: ')],
  ['newline:', ...text('\r\n')],
];

/** QEMU's exit status, which isa-debug-exit derives from the byte that the program writes to it. */
export const exitStatus = { done: 1, failed: 3 } as const;

/** Assembles the boot sector: 512 bytes, the last two of which are the boot signature. */
export function bootSector(): Buffer {
  const pieces = program.flat();
  const labels = new Map<string, number>();
  let length = 0;
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      labels.set(piece.slice(0, -1), length);
    }
    length += sizeOf(piece);
  }
  const sector = Buffer.alloc(sectorBytes);
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === 'number') {
      sector.writeUInt8(piece, at);
    } else if (typeof piece === 'object') {
      fill(sector, at, piece, labels);
    }
    at += sizeOf(piece);
  }
  sector.writeUInt16LE(0xaa55, sectorBytes - 2);
  return sector;
}

function sizeOf(piece: Piece): number {
  if (typeof piece === 'string') {
    return 0;
  }
  return typeof piece === 'number' || piece.as === 'short' ? 1 : 2;
}

function fill(sector: Buffer, at: number, { to, as }: Hole, labels: ReadonlyMap<string, number>): void {
  const target = labels.get(to);
  if (target === undefined) {
    throw new Error(`the program has no label ${to}`);
  }
  switch (as) {
    case 'address':
      sector.writeUInt16LE(origin + target, at);
      return;
    case 'near':
      sector.writeInt16LE(target - at - 2, at);
      return;
    case 'short':
      sector.writeInt8(target - at - 1, at);
  }
}
