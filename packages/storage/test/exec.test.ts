import { expect } from 'chai';
import { inspect } from 'node:util';

import { refusal } from '@patchbay/objects/testing';

import { ExecError, execTool } from '../src/exec.js';

describe('running a program', function () {
  this.timeout(30_000);

  it('returns its output', async () => {
    const result = await execTool('sh', ['-c', 'echo out; echo err >&2']);
    expect(result).to.deep.equal({ stdout: 'out\n', stderr: 'err\n', exitCode: 0 });
  });

  it('passes arguments as they are, without a shell in between', async () => {
    const { stdout } = await execTool('printf', ['%s|', '$(id)', 'a b', ';reboot', '*', '']);
    expect(stdout).to.equal('$(id)|a b|;reboot|*||');
  });

  it('passes the program its input, or an empty one', async () => {
    expect((await execTool('cat', [], { input: 'hello' })).stdout).to.equal('hello');
    expect((await execTool('cat', [])).stdout).to.equal('');
  });

  it('reports the error output of a program that failed', async () => {
    const error = await failure(execTool('sh', ['-c', 'echo no such thing >&2; exit 3']));
    expect(error).to.include({ file: 'sh', exitCode: 3, timedOut: false, stderrTail: 'no such thing' });
    expect(error.message).to.equal('sh exited with 3: no such thing');
  });

  it('accepts the exit codes that the caller lists', async () => {
    expect((await execTool('sh', ['-c', 'exit 3'], { okExitCodes: [0, 3] })).exitCode).to.equal(3);
  });

  it('hides secrets in its errors', async () => {
    const error = await failure(
      execTool('sh', ['-c', 'echo "bad password $0" >&2; exit 1', 'hunter2hunter2'], {
        redact: ['hunter2hunter2', ''],
      }),
    );
    expect(inspect(error)).to.not.include('hunter2');
    expect(error.stderrTail).to.equal('bad password ***');
  });

  it('names the package of a program that is not installed', async () => {
    const error = await refusal(execTool('no-such-program', []));
    expect(error.reason).to.equal('TOOL_MISSING');
    expect(error.details).to.deep.equal({ program: 'no-such-program' });
  });

  it('forwards each line as it arrives, including progress drawn with carriage returns', async () => {
    const lines: string[] = [];
    await execTool('printf', ['a\\r50%%\\rb\\r\\nc\\n\\nlast'], { onStdoutLine: (line) => lines.push(line) });
    expect(lines).to.deep.equal(['a', '50%', 'b', 'c', '', 'last']);
  });

  // The shell's child would keep the pipes, and so the call, open if it were left running.
  const withChild = ['-c', 'sleep 600 & echo started; wait'];

  it('terminates a program that takes too long, with its children', async () => {
    const error = await failure(execTool('sh', withChild, { timeoutMs: 200 }));
    expect(error.timedOut).to.equal(true);
    expect(error.message).to.equal('sh timed out');
  });

  it('terminates a program that was cancelled, with its children, and rejects with the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('the caller left');
    const running = execTool('sh', withChild, {
      signal: controller.signal,
      onStdoutLine: () => {
        controller.abort(reason);
      },
    });
    expect(await running.catch((error: unknown) => error)).to.equal(reason);
  });

  it('kills a program that ignores SIGTERM', async () => {
    const stubborn = ['-c', 'trap "" TERM; echo started; while :; do sleep 1; done'];
    const error = await failure(execTool('sh', stubborn, { timeoutMs: 100 }));
    expect(error.timedOut).to.equal(true);
  });

  it('does not start a program whose signal is already aborted', async () => {
    const reason = new Error('the caller left');
    const signal = AbortSignal.abort(reason);
    expect(await execTool('no-such-program', [], { signal }).catch((error: unknown) => error)).to.equal(
      reason,
    );
  });
});

async function failure(promise: Promise<unknown>): Promise<ExecError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ExecError) {
      return error;
    }
    throw error;
  }
  throw new Error('it did not fail');
}
