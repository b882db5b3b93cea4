# Completion of jail for fish: jail completion fish | source

function __jail_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (commandline -ct)
            case ':programs'
                __fish_complete_command
            case ':command *'
                set -l inner $words[(math (string split ' ' -- $line)[2] + 1)..-1]
                complete -C (string join ' ' -- (string escape -- $inner[1..-2]) $inner[-1])
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c jail -f -a '(__jail_complete)'
