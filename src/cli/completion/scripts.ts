/** Completion of a command in a shell. */
export interface CompletedCommand {
  /** Name of the command, then its aliases. */
  readonly names: readonly string[];
  readonly description: string;
  readonly flags: readonly {
    readonly name: string;
    readonly description: string;
    readonly takesValue: boolean;
  }[];
  /** Possible values of its first argument. */
  readonly words: readonly string[];
  /** True if its arguments are names of models. */
  readonly takesNames: boolean;
}

/** Command that lists names. Its errors are hidden, because they would disturb the user's typing. */
const ASK_NAMES = 'portico names 2>/dev/null';

/** Script for bash 3.2 or later, to be sourced. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    ({ names, flags, words, takesNames }) => `    ${names.join('|')})
      flags="${flags.map(({ name }) => name).join(' ')}"
      words="${takesNames ? `$(${ASK_NAMES})` : words.join(' ')}"
      ;;`,
  );
  return `# Completion of portico for bash. Add to ~/.bashrc:  source <(portico completion bash)
_portico() {
  local line="\${COMP_LINE:0:COMP_POINT}" flags="" words=""
  local current="\${line##*[[:space:]]}"
  local -a typed
  read -ra typed <<<"$line"
  if [[ \${#typed[@]} -lt 2 || ( \${#typed[@]} -eq 2 && -n "$current" ) ]]; then
    words="${commands.flatMap(({ names }) => names).join(' ')}"
    flags="--help --version"
  else
    case "\${typed[1]}" in
${cases.join('\n')}
    esac
  fi
  if [[ "$current" == -* ]]; then words="$flags"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  # Bash splits words at colons: the part before the last one is already typed.
  if [[ "$current" == *:* && "$COMP_WORDBREAKS" == *:* ]]; then
    COMPREPLY=("\${COMPREPLY[@]#"\${current%"\${current##*:}"}"}")
  fi
}
complete -o default -F _portico portico
`;
}

/** Script for zsh, to be sourced, or to be saved as `_portico` in a folder of $fpath. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const described = commands.map(
    ({ names, description }) =>
      `      ${quoted(`${names[0]}:${description.replaceAll(':', '\\:')}`)}`,
  );
  const cases = commands.map(({ names, flags, words, takesNames }) => {
    const completed = takesNames ? `\${(f)"$(${ASK_NAMES})"}` : words.join(' ');
    return `    ${names.join('|')})
      flags=(${flags.map(({ name }) => name).join(' ')})
      candidates=(${completed})
      ;;`;
  });
  return `#compdef portico
# Completion of portico for zsh. Add to ~/.zshrc, after compinit:  source <(portico completion zsh)
_portico() {
  local -a flags candidates
  if (( CURRENT == 2 )); then
    candidates=(
${described.join('\n')}
    )
    _describe command candidates
    return
  fi
  case "\${words[2]}" in
${cases.join('\n')}
  esac
  if [[ "$PREFIX" == -* ]]; then
    compadd -- $flags
  elif (( $#candidates )); then
    compadd -- $candidates
  else
    _files
  fi
}
compdef _portico portico
`;
}

/** Script for fish, to be sourced, or to be saved as ~/.config/fish/completions/portico.fish. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ names, description, flags, words, takesNames }) => {
    const seen = `complete -c portico -n ${quoted(`__fish_seen_subcommand_from ${names.join(' ')}`)}`;
    const completed = takesNames ? `(${ASK_NAMES})` : words.join(' ');
    return [
      `complete -c portico -n __fish_use_subcommand -f -a ${names[0]} -d ${quoted(description)}`,
      ...flags.map(
        (flag) =>
          `${seen} -l ${flag.name.slice(2)}${flag.takesValue ? ' -r' : ''} -d ${quoted(flag.description)}`,
      ),
      ...(completed === '' ? [] : [`${seen} -f -a ${quoted(completed)}`]),
    ];
  });
  return `# Completion of portico for fish:  portico completion fish > ~/.config/fish/completions/portico.fish
${lines.join('\n')}
`;
}

/** Quotes a text for all three shells. A single quote in it becomes a typographic one. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
