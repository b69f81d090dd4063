# Completion of ostlerd's arguments for bash.
_ostlerd()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}

    case $previous in
    --config-file)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        ;;
    --config-dir)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
        ;;
    *)
        mapfile -t COMPREPLY < <(compgen -W '--config-file --config-dir --check --debug --version --help' -- "$current")
        ;;
    esac
}
complete -F _ostlerd ostlerd
