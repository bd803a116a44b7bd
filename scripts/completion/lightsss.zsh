#compdef lightsss
# SPDX-License-Identifier: MIT
# Completion of the command lightsss for zsh. Behind the program's name its own completion takes over.

# Options of the library, and $@; then the program.
_lightsss_program() {
	_arguments -S "$@" \
		'--enabled=[0: stay inert]:value:(0 1)' \
		'--interval=[time or evals between snapshots; auto: at least 1 s, stretched to keep the budget]:value:(auto)' \
		'--budget=[share of the run time that auto may spend on snapshots]:value: ' \
		'--slots=[how many snapshots stay parked]:value: ' \
		'--memory=[memory that parked snapshots may hold: a size, or a share of what is available]:value: ' \
		'--huge=[large, densely used memory is put behind huge pages where that pays]:value:(0 1)' \
		'--on=[which ends are failures]:value:(exit abort signal kill hang finish all -kill -exit\: -SIGINT -SIGTERM)' \
		'--hang=[no eval for that long is a failure]:value:(off)' \
		'--match=[a line of output that matches makes the end a failure]:value: ' \
		'--wave=[format of the waveform; auto: what the simulator was built for]:value:(auto vcd fst off)' \
		'--window=[how much of the replay is dumped, counted back from the failure]:value:(all)' \
		'--depth=[levels of hierarchy to dump, 0 for all]:value: ' \
		'--hold=[a waveform that the testbench opens is held back and written by the replay]:value:(0 1)' \
		'--model=[name of the primary model when there are several]:value: ' \
		'--tick=[time units per eval where the simulator'\''s time cannot be found]:value: ' \
		'--limit=[a replay that takes longer stops there]:value:(off)' \
		'--wake-call=[C functions to call in the woken snapshot before it goes on]:value: ' \
		'--trigger=[a line of output that matches makes a waveform at once, while the simulator goes on]:value: ' \
		'--triggers=[how many waveforms LIGHTSSS_TRIGGER makes at most]:value: ' \
		'--watch=[files and terminals whose lines are searched beside stdout and stderr]:value: ' \
		'--at=[a waveform up to this point, while the simulator goes on]:value: ' \
		'--after=[how long the waveform goes on after a point]:value:(0)' \
		'--ages=[beside the newest snapshots one stays that is at least as old as each of these; first: that of the first eval]:value:(first)' \
		'--back=[which snapshot wakes: the oldest, or the youngest that lies so far back (window: as far as LIGHTSSS_WINDOW)]:value:(oldest window)' \
		'--scope=[what is dumped: these names, each with so many levels below it as LIGHTSSS_DEPTH says]:value: ' \
		'--size=[how large the waveform may become; the window shrinks so that its end is kept]:value:(none)' \
		'--files=[how much is kept of what the replay writes to files of its own; 0: nothing]:value:(0)' \
		'--park=[how long the snapshot that replayed stays parked after a failure, for lightsss replay]:value:(off)' \
		'--dir=[where run directories are made]:value:_files -/' \
		'--log=[how much is said on stderr]:value:(quiet info debug)' \
		'(- *)--help[this text]' \
		'(-)1:program:_command_names -e' \
		'*::argument: _normal'
}

_lightsss_pid() {
	local -a ids
	ids=(${(f)"$(grep -ls "/liblightsss.so" /proc/[0-9]*/maps | cut -d/ -f3)"})
	compadd -a ids
}

# Those of LIGHTSSS_DIR by their names, and whatever else lies here.
_lightsss_runs() {
	local -a runs
	runs=(${LIGHTSSS_DIR:-lightsss}/*(N/:t))
	compadd -a runs
	_files
}

_lightsss() {
	local curcontext=$curcontext state line
	local -a commands
	typeset -A opt_args

	commands=(
		'run:Run a simulator; should it fail, its waveform is there.'
		'doctor:Say what will be hooked in a simulator, and what will not work and why.'
		'wave:Ask a simulator that is running for a waveform up to now.'
		'view:Show the waveform of a failure in GTKWave or Surfer.'
		'report:List failed runs, or print the last values of signals.'
		'list:Show the simulators that run with the library.'
		'replay:Replay a failure once more, from the snapshot that was kept.'
		'gdb:Stand before a failure with a debugger, from the snapshot that was kept.'
		'drop:Let go of kept snapshots.'
		'clean:Remove run directories.'
		'help:Say more about a command.'
	)
	_arguments -C '(- :)--help[what the commands are]' '(- :)--version[which version this is]' \
		'(-): :->command' '(-)*:: :->words' && return
	case $state in
	command) _describe -t commands command commands ;;
	words)
		case $words[1] in
		run) _lightsss_program ;;
		doctor)
			_lightsss_program '--rehearse[run it a little way, take a snapshot and wake it]' \
				'--scopes[the same, and print the names for LIGHTSSS_SCOPE]' \
				'--patience=[how long to wait for it]:value: '
			;;
		wave) _arguments '(-)--help[this text]' '1:process:_lightsss_pid' ;;
		view)
			_arguments '(-)--help[this text]' '--print[print the command, and start nothing]' \
				'--viewer=[which one]:viewer:(gtkwave surfer)' '1:run:_lightsss_runs'
			;;
		report)
			_arguments '(- *)--help[this text]' '--json[their reports as an array]' \
				'--html=[one page that holds all]:file:_files' \
				'--signals=[the last values of these in the waveform]:names: ' \
				'--radix=[of the values]:value:(hex bin dec)' '*:folder or waveform:_files'
			;;
		list)
			_arguments '(-)--help[this text]' '--watch[look again every two seconds, until Ctrl-C]' \
				'--json[one JSON document on a line for each look]'
			;;
		replay)
			_arguments '(-)--help[this text]' \
				'--all[the whole stretch from the first kept snapshot on, in a file from each to the next]' \
				'--from=[where the waveform begins, such as 120000evals]:value: ' \
				'--until=[where it ends; default: where the run ended]:value: ' \
				'--window=[how much is dumped, counted back from the end: a count such as 200000evals, or all]:value:(all)' \
				'--back=[which kept snapshot replays: oldest, or the youngest that lies so far back: window, a time or a count]:value:(oldest window)' \
				'--scope=[what is dumped: hierarchical names, with commas between them]:value: ' \
				'--depth=[levels of hierarchy to dump, 0 for all]:value: ' \
				'--format=[of the waveform: auto, vcd, fst or off]:value:(auto vcd fst off)' \
				'--after=[how long the waveform goes on after the end: a count such as 100evals, or 0]:value:(0)' \
				'--wake-call=[C functions to call before it goes on]:value: ' \
				'--limit=[a replay that takes longer stops there: a time such as 5m, or off]:value:(off)' \
				'--size=[how large the waveform may become, such as 1G, or none]:value:(none)' \
				'--files=[how much is kept of what the replay writes to files of its own, or 0]:value:(0)' \
				'1:run:_lightsss_runs'
			;;
		gdb)
			_arguments '(-)--help[this text]' \
				'--before=[so many evals before the end, 0: where it ends; default 1000evals]:value: ' \
				'--at=[at the entry of this eval, such as 120000evals]:value: ' \
				'--exec=[a debugger or script in the place of gdb; the process id is added to it]:command:_command_names -e' \
				'1:run:_lightsss_runs'
			;;
		drop) _arguments '(-)--help[this text]' '*:run:_lightsss_runs' ;;
		clean)
			_arguments '(-)--help[this text]' '--older=[only those that are older]:age: ' '--keep=[the newest stay]:number: ' \
				'--dry-run[only say what would be removed]' '--yes[do not ask]' '*:folder:_files -/'
			;;
		help) _arguments '(- *)--help[this text]' '1:command:((${(q)commands}))' ;;
		esac
		;;
	esac
}

_lightsss "$@"
