// GitLab, Jenkins and Tekton as far as they run the script blocks of these examples: what they put into the environment, and how they
// run a block.
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import yaml from 'js-yaml';
import { ci, run } from './helper.mjs';

const read = (...names) => readFileSync(path.join(ci, ...names), 'utf8');
export const gitlab = yaml.load(read('gitlab', '.gitlab-ci.yml'));
export const jenkinsfile = read('jenkins', 'Jenkinsfile');
export const tekton = ['tasks.yaml', 'pipeline.yaml'].flatMap((name) => yaml.loadAll(read('tekton', name)));
export const task = (name) => tekton.find(({ kind, metadata }) => kind === 'Task' && metadata.name === name);

/** Puts these examples where a project has them that depends on them. */
export function installed(folder) {
  mkdirSync(path.join(folder, 'node_modules'), { recursive: true });
  symlinkSync(ci, path.join(folder, 'node_modules', 'cache-ci-examples'), 'junction');
  return folder;
}

/** A job of GitLab: its lines one after the other, until one fails. */
export function job(name, folder, env) {
  const { script } = gitlab[name];
  return run('bash', ['-c', ['set -eo pipefail', ...script].join('\n')], {
    cwd: folder,
    env: { CI: 'true', GITLAB_CI: 'true', ...gitlab.variables, ...env },
  });
}

/** The variables of a report of the kind `dotenv`, as later jobs get them. */
export function dotenv(folder) {
  const lines = readFileSync(path.join(folder, gitlab.plan.artifacts.reports.dotenv), 'utf8')
    .split('\n')
    .filter(Boolean);
  for (const line of lines)
    if (!/^[A-Z][A-Z0-9_]*=[^\s]*$/.test(line)) throw new Error(`GitLab takes no such line: ${line}`);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** The shell steps of a stage of the Jenkinsfile, in their order. */
export function shellSteps(stage) {
  const text = jenkinsfile.split(`stage('${stage}')`)[1].split(/\n {4}stage\(/)[0];
  return [...text.matchAll(/sh '''\n([^]*?)'''|sh\(script: '([^'\n]*)'/g)].map(([, block, line]) =>
    (block ?? line).replace(/\\\\/g, '\\'),
  );
}

/** A shell step of Jenkins, which runs it with `-xe`. */
export const step = (text, folder, env) =>
  run('sh', ['-xe', '-c', text], { cwd: folder, env: { BUILD_URL: 'https://jenkins.example/job/app/1/', ...env } });

/** Runs the steps of a task of Tekton. The programs that a step needs besides Node are given by name and content. */
export async function steps(name, folder, params, programs = {}) {
  const { spec } = task(name);
  const place = path.join(folder, `run-${name}`);
  mkdirSync(path.join(place, 'bin'), { recursive: true });
  for (const [program, content] of Object.entries(programs)) {
    writeFileSync(path.join(place, 'bin', program), content);
    chmodSync(path.join(place, 'bin', program), 0o755);
  }
  const given = (text) =>
    text.replace(
      /\$\(params\.([\w-]+)\)/g,
      (_, param) => params[param] ?? spec.params.find((one) => one.name === param).default,
    );
  let log = '';
  for (const { script, env = [] } of spec.steps) {
    const file = path.join(place, 'script');
    writeFileSync(
      file,
      script.replace(/\$\(results\.([\w-]+)\.path\)/g, (_, result) => path.join(place, result)),
    );
    chmodSync(file, 0o755);
    // What comes from a secret of the cluster is not needed here.
    const stated = env.filter(({ value }) => value !== undefined);
    const variables = Object.fromEntries(stated.map(({ name, value }) => [name, given(value)]));
    const done = await run(file, [], {
      cwd: folder,
      env: { PATH: `${place}/bin:${process.env.PATH}`, ...variables, CACHE_CI: path.join(ci, 'cache-ci.mjs') },
    });
    log += done.log;
    if (done.status !== 0) return { status: done.status, log, results: {} };
  }
  const written = spec.results.filter((result) => existsSync(path.join(place, result.name)));
  return {
    status: 0,
    log,
    results: Object.fromEntries(
      written.map((result) => [result.name, readFileSync(path.join(place, result.name), 'utf8')]),
    ),
  };
}
