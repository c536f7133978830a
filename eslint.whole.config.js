// The rules of eslint.config.js on all files at once, for `npm run lint`: types come from one program, made once, and
// not from a program for each project, each of which checks again what it imports (docs/adr/0013). An editor, whose
// files change, takes eslint.config.js.
import ts from 'typescript';

import config from './eslint.config.js';

const { projectReferences = [] } = readProject('tsconfig.json');
const projects = projectReferences.map((reference) => readProject(ts.resolveProjectReferencePath(reference)));
const options = { ...readProject('tsconfig.base.json').options, noEmit: true };
const host = ts.createCompilerHost(options);
// A package that another one imports is its source, as in an editor, and not what was built of it.
host.useSourceOfProjectReferenceRedirect = () => true;
const program = ts.createProgram({
  rootNames: projects.flatMap(({ fileNames }) => fileNames),
  options,
  projectReferences,
  host,
});

export default config.map((part) =>
  part.languageOptions?.parserOptions === undefined
    ? part
    : { ...part, languageOptions: { ...part.languageOptions, parserOptions: { programs: [program] } } },
);

function readProject(path) {
  return ts.getParsedCommandLineOfConfigFile(path, undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
    },
  });
}
