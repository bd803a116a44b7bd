# SPDX-License-Identifier: MIT
# Completion of the command lightsss for fish. Behind the program's name its own completion takes over.

# Where the program's name stands among the words; status 1 while it is not there.
function __lightsss_program
    set -l words (commandline -opc)
    set -l i 3
    while test $i -le (count $words)
        switch $words[$i]
            case --
                set i (math $i + 1)
                break
            case --rehearse --scopes --help '--*=*'
                set i (math $i + 1)
            case '--*'
                set i (math $i + 2)
            case '*'
                break
        end
    end
    test $i -le (count $words); and echo $i
end

# Is this the line of one of these commands, before the program's name?
function __lightsss_in
    set -l words (commandline -opc)
    contains -- "$words[2]" $argv; and not __lightsss_program >/dev/null
end

function __lightsss_in_program
    set -l words (commandline -opc)
    contains -- "$words[2]" run doctor; and __lightsss_program >/dev/null
end

function __lightsss_complete_program
    set -l words (commandline -opc)
    set -l begin (__lightsss_program)
    set -l before (string join ' ' -- (string escape -- $words[$begin..-1]))
    set -l token (commandline -ct)
    complete -C "$before $token"
end

function __lightsss_pids
    grep -ls /liblightsss.so /proc/*/maps | string replace -rf '^/proc/(\d+)/maps$' '$1'
end

# Those of LIGHTSSS_DIR by their names, and whatever else lies here.
function __lightsss_runs
    set -l place lightsss
    test -n "$LIGHTSSS_DIR"; and set place $LIGHTSSS_DIR
    for run in $place/*/
        basename $run
    end
    __fish_complete_path (commandline -ct)
end

complete -c lightsss -f
complete -c lightsss -n 'test (count (commandline -opc)) -eq 1' -l help -d 'what the commands are'
complete -c lightsss -n 'test (count (commandline -opc)) -eq 1' -l version -d 'which version this is'
set -l commands \
    run 'Run a simulator; should it fail, its waveform is there.' \
    doctor 'Say what will be hooked in a simulator, and what will not work and why.' \
    wave 'Ask a simulator that is running for a waveform up to now.' \
    view 'Show the waveform of a failure in GTKWave or Surfer.' \
    report 'List failed runs, or print the last values of signals.' \
    list 'Show the simulators that run with the library.' \
    replay 'Replay a failure once more, from the snapshot that was kept.' \
    gdb 'Stand before a failure with a debugger, from the snapshot that was kept.' \
    drop 'Let go of kept snapshots.' \
    clean 'Remove run directories.' \
    help 'Say more about a command.'
for i in (seq 1 2 (count $commands))
    complete -c lightsss -n 'test (count (commandline -opc)) -eq 1' -a $commands[$i] -d $commands[(math $i + 1)]
    complete -c lightsss -n '__lightsss_in help' -a $commands[$i] -d $commands[(math $i + 1)]
end
complete -c lightsss -n '__lightsss_in wave' -a '(__lightsss_pids)'
complete -c lightsss -n '__lightsss_in view replay gdb drop' -a '(__lightsss_runs)'
complete -c lightsss -n '__lightsss_in wave view help' -l help -d 'this text'
complete -c lightsss -n '__lightsss_in view' -l print -d 'print the command, and start nothing'
complete -c lightsss -n '__lightsss_in view' -l viewer -x -d 'which one' -a 'gtkwave surfer'
complete -c lightsss -n '__lightsss_in report' -a '(__fish_complete_path)'
complete -c lightsss -n '__lightsss_in report' -l help -d 'this text'
complete -c lightsss -n '__lightsss_in report' -l json -d 'their reports as an array'
complete -c lightsss -n '__lightsss_in report' -l html -r -F -d 'one page that holds all'
complete -c lightsss -n '__lightsss_in report' -l signals -x -d 'the last values of these in the waveform'
complete -c lightsss -n '__lightsss_in report' -l radix -x -a 'hex bin dec' -d 'of the values'
complete -c lightsss -n '__lightsss_in list clean replay gdb drop' -l help -d 'this text'
complete -c lightsss -n '__lightsss_in list' -l watch -d 'look again every two seconds, until Ctrl-C'
complete -c lightsss -n '__lightsss_in list' -l json -d 'one JSON document on a line for each look'
complete -c lightsss -n '__lightsss_in replay' -l all -d 'the whole stretch from the first kept snapshot on, in a file from each to the next'
complete -c lightsss -n '__lightsss_in replay' -l from -x -d 'where the waveform begins, such as 120000evals'
complete -c lightsss -n '__lightsss_in replay' -l until -x -d 'where it ends; default: where the run ended'
complete -c lightsss -n '__lightsss_in replay' -l window -x -d 'how much is dumped, counted back from the end: a count such as 200000evals, or all' -a 'all'
complete -c lightsss -n '__lightsss_in replay' -l back -x -d 'which kept snapshot replays: oldest, or the youngest that lies so far back: window, a time or a count' -a 'oldest window'
complete -c lightsss -n '__lightsss_in replay' -l scope -x -d 'what is dumped: hierarchical names, with commas between them'
complete -c lightsss -n '__lightsss_in replay' -l depth -x -d 'levels of hierarchy to dump, 0 for all'
complete -c lightsss -n '__lightsss_in replay' -l format -x -d 'of the waveform: auto, vcd, fst or off' -a 'auto vcd fst off'
complete -c lightsss -n '__lightsss_in replay' -l after -x -d 'how long the waveform goes on after the end: a count such as 100evals, or 0' -a '0'
complete -c lightsss -n '__lightsss_in replay' -l wake-call -x -d 'C functions to call before it goes on'
complete -c lightsss -n '__lightsss_in replay' -l limit -x -d 'a replay that takes longer stops there: a time such as 5m, or off' -a 'off'
complete -c lightsss -n '__lightsss_in replay' -l size -x -d 'how large the waveform may become, such as 1G, or none' -a 'none'
complete -c lightsss -n '__lightsss_in replay' -l files -x -d 'how much is kept of what the replay writes to files of its own, or 0' -a '0'
complete -c lightsss -n '__lightsss_in gdb' -l before -x -d 'so many evals before the end, 0: where it ends; default 1000evals'
complete -c lightsss -n '__lightsss_in gdb' -l at -x -d 'at the entry of this eval, such as 120000evals'
complete -c lightsss -n '__lightsss_in gdb' -l exec -x -d 'a debugger or script in the place of gdb; the process id is added to it'
complete -c lightsss -n '__lightsss_in clean' -l older -x -d 'only those that are older'
complete -c lightsss -n '__lightsss_in clean' -l keep -x -d 'the newest stay'
complete -c lightsss -n '__lightsss_in clean' -l dry-run -d 'only say what would be removed'
complete -c lightsss -n '__lightsss_in clean' -l yes -d 'do not ask'
complete -c lightsss -n '__lightsss_in clean' -a '(__fish_complete_directories)'
complete -c lightsss -n '__lightsss_in run doctor' -a '(__fish_complete_command)'
complete -c lightsss -n __lightsss_in_program -a '(__lightsss_complete_program)'
complete -c lightsss -n '__lightsss_in run doctor' -l help -d 'this text'
complete -c lightsss -n '__lightsss_in doctor' -l rehearse -d 'run it a little way, take a snapshot and wake it'
complete -c lightsss -n '__lightsss_in doctor' -l scopes -d 'the same, and print the names for LIGHTSSS_SCOPE'
complete -c lightsss -n '__lightsss_in doctor' -l patience -x -d 'how long to wait for it'
complete -c lightsss -n "__lightsss_in run doctor" -l enabled -d '0: stay inert' -x -a '0 1'
complete -c lightsss -n "__lightsss_in run doctor" -l interval -d 'time or evals between snapshots; auto: at least 1 s, stretched to keep the budget' -x -a 'auto'
complete -c lightsss -n "__lightsss_in run doctor" -l budget -d 'share of the run time that auto may spend on snapshots' -x
complete -c lightsss -n "__lightsss_in run doctor" -l slots -d 'how many snapshots stay parked' -x
complete -c lightsss -n "__lightsss_in run doctor" -l memory -d 'memory that parked snapshots may hold: a size, or a share of what is available' -x
complete -c lightsss -n "__lightsss_in run doctor" -l huge -d 'large, densely used memory is put behind huge pages where that pays' -x -a '0 1'
complete -c lightsss -n "__lightsss_in run doctor" -l on -d 'which ends are failures' -x -a 'exit abort signal kill hang finish all -kill -exit: -SIGINT -SIGTERM'
complete -c lightsss -n "__lightsss_in run doctor" -l hang -d 'no eval for that long is a failure' -x -a 'off'
complete -c lightsss -n "__lightsss_in run doctor" -l match -d 'a line of output that matches makes the end a failure' -x
complete -c lightsss -n "__lightsss_in run doctor" -l wave -d 'format of the waveform; auto: what the simulator was built for' -x -a 'auto vcd fst off'
complete -c lightsss -n "__lightsss_in run doctor" -l window -d 'how much of the replay is dumped, counted back from the failure' -x -a 'all'
complete -c lightsss -n "__lightsss_in run doctor" -l depth -d 'levels of hierarchy to dump, 0 for all' -x
complete -c lightsss -n "__lightsss_in run doctor" -l hold -d 'a waveform that the testbench opens is held back and written by the replay' -x -a '0 1'
complete -c lightsss -n "__lightsss_in run doctor" -l model -d 'name of the primary model when there are several' -x
complete -c lightsss -n "__lightsss_in run doctor" -l tick -d 'time units per eval where the simulator\'s time cannot be found' -x
complete -c lightsss -n "__lightsss_in run doctor" -l limit -d 'a replay that takes longer stops there' -x -a 'off'
complete -c lightsss -n "__lightsss_in run doctor" -l wake-call -d 'C functions to call in the woken snapshot before it goes on' -x
complete -c lightsss -n "__lightsss_in run doctor" -l trigger -d 'a line of output that matches makes a waveform at once, while the simulator goes on' -x
complete -c lightsss -n "__lightsss_in run doctor" -l triggers -d 'how many waveforms LIGHTSSS_TRIGGER makes at most' -x
complete -c lightsss -n "__lightsss_in run doctor" -l watch -d 'files and terminals whose lines are searched beside stdout and stderr' -x
complete -c lightsss -n "__lightsss_in run doctor" -l at -d 'a waveform up to this point, while the simulator goes on' -x
complete -c lightsss -n "__lightsss_in run doctor" -l after -d 'how long the waveform goes on after a point' -x -a '0'
complete -c lightsss -n "__lightsss_in run doctor" -l ages -d 'beside the newest snapshots one stays that is at least as old as each of these; first: that of the first eval' -x -a 'first'
complete -c lightsss -n "__lightsss_in run doctor" -l back -d 'which snapshot wakes: the oldest, or the youngest that lies so far back (window: as far as LIGHTSSS_WINDOW)' -x -a 'oldest window'
complete -c lightsss -n "__lightsss_in run doctor" -l scope -d 'what is dumped: these names, each with so many levels below it as LIGHTSSS_DEPTH says' -x
complete -c lightsss -n "__lightsss_in run doctor" -l size -d 'how large the waveform may become; the window shrinks so that its end is kept' -x -a 'none'
complete -c lightsss -n "__lightsss_in run doctor" -l files -d 'how much is kept of what the replay writes to files of its own; 0: nothing' -x -a '0'
complete -c lightsss -n "__lightsss_in run doctor" -l park -d 'how long the snapshot that replayed stays parked after a failure, for lightsss replay' -x -a 'off'
complete -c lightsss -n "__lightsss_in run doctor" -l dir -d 'where run directories are made' -x -a '(__fish_complete_directories)'
complete -c lightsss -n "__lightsss_in run doctor" -l log -d 'how much is said on stderr' -x -a 'quiet info debug'
