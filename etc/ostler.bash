# Completion of ostler for bash. The words come from the command itself: they are its table of options.
_ostler()
{
    local word=${COMP_WORDS[COMP_CWORD]} verb= verbs each
    verbs=$(ostler --completion-words 2>/dev/null | grep -v '^-')
    for each in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if grep -qxF -- "$each" <<<"$verbs"; then
            verb=$each
            break
        fi
    done
    case ${COMP_WORDS[COMP_CWORD - 1]} in
    --config-file | --config-dir)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    --priority)
        mapfile -t COMPREPLY < <(compgen -W "audit debug info warn error critical sample" -- "$word")
        return
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$(ostler --completion-words $verb 2>/dev/null | sed 's/=$//')" -- "$word")
}
complete -o default -F _ostler ostler
