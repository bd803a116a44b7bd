# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of the command lightsss for bash. Behind the program's name its own completion takes over.

# Values that are words; other options take anything.
_lightsss_values() {
	case $1 in
	--enabled | --hold | --huge) echo "0 1" ;;
	--wave | --format) echo "auto vcd fst off" ;;
	--log) echo "quiet info debug" ;;
	--interval) echo "auto" ;;
	--window) echo "all" ;;
	--ages) echo "first" ;;
	--back) echo "oldest window" ;;
	--size) echo "none" ;;
	--files) echo "0" ;;
	--after) echo "0" ;;
	--hang | --limit | --park) echo "off" ;;
	--radix) echo "hex bin dec" ;;
	--on) echo "exit abort signal kill hang finish all -kill -exit: -SIGINT -SIGTERM" ;;
	esac
}

# Fills COMPREPLY with those of the words in $1 that begin with what is typed.
_lightsss_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_lightsss_option() {
	local word=$1 before=$2

	[ "$before" != "=" ] || before=${COMP_WORDS[COMP_CWORD - 2]}
	[ "$word" != "=" ] || word=
	if [ "$before" = --dir ]; then
		compopt -o dirnames
	else
		_lightsss_words "$(_lightsss_values "$before")" "$word"
	fi
}

# Runs of LIGHTSSS_DIR by their names, and whatever else lies here.
_lightsss_runs() {
	mapfile -t COMPREPLY < <(cd -- "${LIGHTSSS_DIR:-lightsss}" 2>/dev/null && compgen -d -- "$1")
	compopt -o default -o filenames # whose names get the quotes that they need
}

_lightsss_view() {
	local word=${1//\\/} before=$2 options="--viewer --print --help" viewers="gtkwave surfer"

	if [ "$before" = --viewer ]; then
		_lightsss_words "$viewers" "$word"
	elif [[ $word == -* ]]; then
		_lightsss_words "$options" "$word"
	else
		_lightsss_runs "$word"
	fi
}

# The same, and options of a replay.
_lightsss_replay() {
	local word=$1 before=$2

	[ "$before" != "=" ] || before=${COMP_WORDS[COMP_CWORD - 2]}
	[ "$word" != "=" ] || word=
	case $before in
	--from | --until | --window | --back | --scope | --depth | --format | --after | --wake-call | --limit | --size | --files)
		_lightsss_words "$(_lightsss_values "$before")" "$word"
		;;
	*)
		if [[ $word == -* ]]; then
			_lightsss_words "--all --from --until --window --back --scope --depth --format --after --wake-call --limit --size --files --help" "$word"
		else
			_lightsss_runs "$word"
		fi
		;;
	esac
}

_lightsss_gdb() {
	local word=$1 before=$2

	[ "$before" != "=" ] || before=${COMP_WORDS[COMP_CWORD - 2]}
	[ "$word" != "=" ] || word=
	case $before in
	--before | --at) ;;
	--exec) _lightsss_words "$(compgen -c -- "$word")" "$word" ;;
	*)
		if [[ $word == -* ]]; then
			_lightsss_words "--before --at --exec --help" "$word"
		else
			_lightsss_runs "$word"
		fi
		;;
	esac
}

# Processes that have the library.
_lightsss_wave() {
	local ids

	ids=$(grep -ls /liblightsss.so /proc/[0-9]*/maps | cut -d/ -f3)
	_lightsss_words "$ids --help" "$1"
}

# Folders, and options in any place.
_lightsss_report() {
	local word=$1 before=$2

	[ "$before" != "=" ] || before=${COMP_WORDS[COMP_CWORD - 2]}
	[ "$word" != "=" ] || word=
	case $before in
	--html) compopt -o default ;;
	--radix) _lightsss_words "$(_lightsss_values "$before")" "$word" ;;
	--signals) ;;
	*)
		if [[ $word == -* ]]; then
			_lightsss_words "--help --json --html --signals --radix" "$word"
		else
			compopt -o dirnames
		fi
		;;
	esac
}

_lightsss() {
	local options="--help
		--enabled --interval --budget --slots --memory --huge --on --hang --match --wave --window --depth --hold
		--model --tick --limit --wake-call --trigger --triggers --watch --at --after --ages --back --scope --size --files --park --dir --log"
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-} i

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		_lightsss_words "run doctor wave view report list replay gdb drop clean help --help --version" "$word"
		return
	fi
	case $command in
	run) ;;
	doctor) options+=" --rehearse --scopes --patience" ;;
	view)
		_lightsss_view "$word" "${COMP_WORDS[COMP_CWORD - 1]}"
		return
		;;
	wave)
		_lightsss_wave "$word"
		return
		;;
	help)
		if [[ $word == -* ]]; then
			_lightsss_words "--help" "$word"
		else
			_lightsss_words "run doctor wave view report list replay gdb drop clean help" "$word"
		fi
		return
		;;
	gdb)
		_lightsss_gdb "$word" "${COMP_WORDS[COMP_CWORD - 1]}"
		return
		;;
	report)
		_lightsss_report "$word" "${COMP_WORDS[COMP_CWORD - 1]}"
		return
		;;
	replay)
		_lightsss_replay "$word" "${COMP_WORDS[COMP_CWORD - 1]}"
		return
		;;
	drop)
		if [[ $word == -* ]]; then
			_lightsss_words "--help" "$word"
		else
			_lightsss_runs "$word"
		fi
		return
		;;
	list)
		_lightsss_words "--watch --json --help" "$word"
		return
		;;
	clean)
		case ${COMP_WORDS[COMP_CWORD - 1]} in
		--older | --keep) return ;;
		esac
		if [[ $word == -* ]]; then
			_lightsss_words "--older --keep --dry-run --yes --help" "$word"
		else
			compopt -o dirnames
		fi
		return
		;;
	*) return ;;
	esac
	# Where does the program begin?
	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--)
			i=$((i + 1))
			break
			;;
		--rehearse | --scopes | --help | =) ;;
		--*) [ "${COMP_WORDS[i + 1]-}" = "=" ] && i=$((i + 2)) || i=$((i + 1)) ;;
		*) break ;;
		esac
	done
	if [ "$i" -lt "$COMP_CWORD" ]; then
		compopt -o default
	elif [ "$i" -gt "$COMP_CWORD" ]; then
		_lightsss_option "$word" "${COMP_WORDS[COMP_CWORD - 1]}"
	elif [[ $word == -* ]]; then
		_lightsss_words "$options" "$word"
	else
		mapfile -t COMPREPLY < <(compgen -c -- "$word")
		compopt -o filenames
	fi
}

complete -F _lightsss lightsss
