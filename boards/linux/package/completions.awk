# completions.awk -v shell=bash|zsh|fish options.c help.c: what a shell may offer behind `mote`, made from the tables of
# the command: the options of each verb and what stands behind them, the verbs and what they are for.

# --- reading: options.c ---------------------------------------------------------------------------------------------

/^#define [A-Z]+ \(?[A-Z_]+/ {
    defined[$2] = $0
    sub(/^#define [A-Z]+ */, "", defined[$2])
}

# {"name", 'c' or 0, KIND, VERBS, target, count, most, "value" or NULL},
/^    \{"[a-z-]+", ('.'|0), [A-Z]+, / {
    match($0, /"[a-z-]+"/)
    name = substr($0, RSTART + 1, RLENGTH - 2)
    split($0, field, /, */)
    if (field[3] == "PASSWORD") next # it is there to be refused
    option[++options] = name
    letter[name] = field[2] == "0" ? "" : substr(field[2], 2, 1)
    repeats[name] = field[3] == "LIST"
    takers[name] = field[4]
    value[name] = match($0, /, "[^"]+"\},?$/) ? substr($0, RSTART + 3, RLENGTH - 6) : ""
    sub(/"$/, "", value[name])
}

# --- reading: help.c ------------------------------------------------------------------------------------------------

/^const char help_main/ { in_main = 1 }
in_main && /^    "  [a-z]+/ {
    line = $0
    sub(/^    "  /, "", line)
    sub(/(\\n)?".*$/, "", line)
    at = match(line, /   */)
    usage = substr(line, 1, at - 1)
    what = substr(line, at)
    sub(/^ */, "", what)
    split(usage, word, " ")
    about[word[1]] = what
    arguments[word[1]] = substr(usage, length(word[1]) + 2)
}
in_main && /;$/ { in_main = 0 }
# A verb with words of its own: usage: mote queue [list | retry | drop TICKET | drop all]
/"usage: mote [a-z]+ \[[a-z]+ \|/ {
    line = $0
    sub(/.*usage: mote /, "", line)
    name = line
    sub(/ .*/, "", name)
    sub(/^[a-z]+ \[/, "", line)
    sub(/\].*/, "", line)
    count = split(line, word, / *\| */)
    for (i = 1; i <= count; i++) {
        sub(/ .*/, "", word[i])
        if (index(" " words[name] " ", " " word[i] " ") > 0) continue
        words[name] = words[name] (words[name] == "" ? "" : " ") word[i]
    }
}
# {"name", VERB_NAME, ...
/^    \{"[a-z]+", VERB_[A-Z]+, / {
    match($0, /"[a-z]+"/)
    verb[++verbs] = substr($0, RSTART + 1, RLENGTH - 2)
    match($0, /VERB_[A-Z]+/)
    bit[verb[verbs]] = substr($0, RSTART, RLENGTH)
}

# --- what the tables say --------------------------------------------------------------------------------------------

function expand(set,    before) {
    do {
        before = set
        for (d in defined) gsub("(^|[^A-Z_])" d "([^A-Z_]|$)", " " defined[d] " ", set)
    } while (set != before)
    return set
}

function global(name) { return expand(takers[name]) ~ /VERB_ALL/ }
function takes(v, name) { return !global(name) && expand(takers[name]) ~ (bit[v] "([^A-Z_]|$)") }

function choices(name,    list) {
    list = value[name]
    return gsub(/\|/, " ", list) ? list : ""
}

function dashed(name) { return (letter[name] == "" ? "" : "-" letter[name] " ") "--" name }

function list(v,    i, all) {
    for (i = 1; i <= options; i++) {
        if (v == "" ? global(option[i]) : takes(v, option[i])) all = all " " dashed(option[i])
    }
    return substr(all, 2)
}

function files(v) { return arguments[v] ~ /(^| )(FILE|IMAGE)( |$)/ }

# --- bash -----------------------------------------------------------------------------------------------------------

function either(kind,    i, all) { # patterns of the options that take this kind of value
    for (i = 1; i <= options; i++) {
        if (kind == "" ? value[option[i]] !~ /^(FILE|DIR|)$/ && choices(option[i]) == "" : value[option[i]] == kind) {
            all = all " " dashed(option[i])
        }
    }
    all = substr(all, 2)
    gsub(/ /, " | ", all)
    return all
}

function bash(    i, all) {
    for (i = 1; i <= options; i++) if (value[option[i]] != "") all = all " " dashed(option[i])
    gsub(/ -/, " | -", all)
    all = substr(all, 4)
    print "# bash completion of mote; made by make install from the command's own table of options."
    print "_mote()"
    print "{"
    print "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb= words= i"
    print "    for ((i = 1; i < COMP_CWORD; i++)); do"
    print "        case ${COMP_WORDS[i]} in"
    print "            " all ") ((i++)) ;;"
    print "            -*) ;;"
    print "            *) verb=${COMP_WORDS[i]}; break ;;"
    print "        esac"
    print "    done"
    print "    COMPREPLY=()"
    print "    case $prev in"
    print "        " either("FILE") ")"
    print "            compopt -o filenames 2>/dev/null"
    print "            mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")"
    print "            return ;;"
    print "        " either("DIR") ")"
    print "            compopt -o filenames 2>/dev/null"
    print "            mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")"
    print "            return ;;"
    for (i = 1; i <= options; i++) {
        if (choices(option[i]) != "") {
            print "        " dashed(option[i]) ")"
            print "            mapfile -t COMPREPLY < <(compgen -W \"" choices(option[i]) "\" -- \"$cur\")"
            print "            return ;;"
        }
    }
    print "        " either("") ") return ;;"
    print "    esac"
    print "    case $verb in"
    for (i = 1; i <= verbs; i++) {
        print "        " verb[i] ") words=\"" list(verb[i]) (words[verb[i]] == "" ? "" : " " words[verb[i]]) "\" ;;"
        all = (i == 1 ? "" : all " ") verb[i]
    }
    print "        '') words=\"" all "\" ;;"
    print "    esac"
    print "    words+=\" " list("") "\""
    for (i = 1; i <= verbs; i++) {
        if (files(verb[i])) {
            print "    if [[ $verb == " verb[i] " && $cur != -* ]]; then"
            print "        compopt -o filenames 2>/dev/null"
            print "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")"
            print "        return"
            print "    fi"
        }
    }
    print "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")"
    print "}"
    print "complete -F _mote mote"
}

# --- zsh ------------------------------------------------------------------------------------------------------------

function zsh_value(name) {
    if (value[name] == "") return ""
    if (value[name] == "FILE") return ":file:_files"
    if (value[name] == "DIR") return ":folder:_files -/"
    if (choices(name) != "") return ":value:(" choices(name) ")"
    gsub(/:/, "\\:", value[name])
    return ":" value[name] ":"
}

function zsh_option(name,    tail) {
    tail = zsh_value(name)
    if (letter[name] != "") {
        return "'(-" letter[name] " --" name ")'{-" letter[name] (tail == "" ? "" : "+") ",--" name \
            (tail == "" ? "" : "=") "}'" tail "'"
    }
    return "'" (repeats[name] ? "*" : "") "--" name (tail == "" ? "" : "=") tail "'"
}

function zsh_arguments(v) {
    if (words[v] != "") return " '1:what:(" words[v] ")' '2: :'"
    if (files(v)) return " '1:file:_files' '2:JID:'"
    return " '*: :'"
}

function zsh(    i, j) {
    print "#compdef mote"
    print "# zsh completion of mote; made by make install from the command's own table of options."
    print "_mote() {"
    print "    local curcontext=$curcontext state line"
    print "    local -a everywhere verbs"
    print "    everywhere=("
    for (i = 1; i <= options; i++) if (global(option[i])) print "        " zsh_option(option[i])
    print "    )"
    print "    verbs=("
    for (i = 1; i <= verbs; i++) print "        '" verb[i] ":" about[verb[i]] "'"
    print "    )"
    print "    _arguments -C $everywhere '1:verb:->verb' '*::argument:->argument'"
    print "    case $state in"
    print "        verb) _describe verb verbs ;;"
    print "        argument)"
    print "            case $words[1] in"
    for (i = 1; i <= verbs; i++) {
        print "                " verb[i] ")"
        print "                    _arguments $everywhere \\"
        for (j = 1; j <= options; j++) {
            if (takes(verb[i], option[j])) print "                        " zsh_option(option[j]) " \\"
        }
        print "                       " zsh_arguments(verb[i]) " ;;"
    }
    print "            esac ;;"
    print "    esac"
    print "}"
    print "_mote \"$@\""
}

# --- fish -----------------------------------------------------------------------------------------------------------

function fish_option(name,    text) {
    text = " -l " name (letter[name] == "" ? "" : " -s " letter[name])
    if (value[name] == "FILE") return text " -r -F"
    if (value[name] == "DIR") return text " -x -a '(__fish_complete_directories)'"
    if (choices(name) != "") return text " -x -a '" choices(name) "'"
    return text (value[name] == "" ? "" : " -x")
}

function fish(    i, j, seen) {
    print "# fish completion of mote; made by make install from the command's own table of options."
    print "complete -c mote -f"
    for (i = 1; i <= options; i++) if (global(option[i])) print "complete -c mote" fish_option(option[i])
    for (i = 1; i <= verbs; i++) {
        print "complete -c mote -n __fish_use_subcommand -a " verb[i] " -d '" about[verb[i]] "'"
    }
    for (i = 1; i <= verbs; i++) {
        seen = " -n '__fish_seen_subcommand_from " verb[i] "'"
        if (files(verb[i])) print "complete -c mote" seen " -F"
        if (words[verb[i]] != "") print "complete -c mote" seen " -a '" words[verb[i]] "'"
        for (j = 1; j <= options; j++) {
            if (takes(verb[i], option[j])) print "complete -c mote" seen fish_option(option[j])
        }
    }
}

END {
    if (options < 10 || verbs < 3) {
        print "completions.awk: the tables of the command are not written as they were" >"/dev/stderr"
        exit 1
    }
    if (shell == "bash") bash()
    if (shell == "zsh") zsh()
    if (shell == "fish") fish()
}
