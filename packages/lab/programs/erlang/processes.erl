%% Erlang's processes on one scheduler: a resume is a message and its answer, a ring passes a message on.
%%
%% Usage: erl +S 1:1 +P LIMIT -noshell -run processes main \
%%          ring|resume|scale|create|depth|counters|gc FIBERS COUNT sequential|shuffled SECONDS
%% The contract that all programs keep is in ../README.md.
-module(processes).
-export([main/1]).

%% Operations between two looks at the clock.
-define(SLICE, 10000).
-define(FOLD, 16#1_0000_0000).
%% Fibers that are created and dropped together in gc, and the batches that are alive at any time.
-define(BATCH, 200).
-define(ALIVE, 20).

main([Experiment, Fibers, Count, Order, Seconds]) ->
    Wish = #{
        fibers => list_to_integer(Fibers),
        count => list_to_integer(Count),
        shuffled => Order =:= "shuffled",
        %% Seconds for creating the fibers, and the same for the timed section.
        limit => number(Seconds)
    },
    measure(Experiment, Wish),
    erlang:halt(0, [{flush, true}]).

measure("ring", Wish) ->
    ring(Wish);
measure("create", #{fibers := Fibers} = Wish) ->
    Empty = memory(),
    Clock = start(),
    Pids = create(Wish, fun counter/1),
    Created = now_ns(),
    Sum = fold(arrange(Wish, Pids), 0),
    Ended = stop(Clock),
    Settled = settle(Pids),
    {_, Entered, _, _} = Ended,
    Entering = io_lib:format(",\"enterSeconds\":~p", [(Entered - Created) / 1.0e9]),
    print(Clock, Ended, Fibers, Sum, [Entering, memories(Empty, Settled)]);
measure("depth", #{fibers := Depth} = Wish) ->
    One = Wish#{fibers := 1},
    [Pid] = create(One, fun(_) -> descend(Depth) end),
    walk([Pid], 0),
    resumes(One, [Pid], fun(_) -> "" end);
measure("resume", #{fibers := Fibers} = Wish) ->
    Empty = memory(),
    Pids = arrange(Wish, create(Wish, fun counter/1)),
    resumes(Wish, Pids, fun
        (Done) when Done < Fibers -> "";
        (_) -> memories(Empty, settle(Pids))
    end);
measure("gc", Wish) ->
    churn(Wish);
measure(_, Wish) ->
    Empty = memory(),
    Pids = arrange(Wish, create(Wish, fun counter/1)),
    walk(Pids, 0),
    Settled = settle(Pids),
    resumes(Wish, Pids, fun(_) -> memories(Empty, Settled) end).

%% Answers how often it has been resumed.
counter(Times) ->
    receive
        From ->
            From ! Times + 1,
            counter(Times + 1)
    end.

%% Answers from under that many calls. What it adds keeps the calls from being tail calls.
descend(1) -> counter(0);
descend(Depth) -> 1 + descend(Depth - 1).

create(#{fibers := Fibers} = Wish, Body) ->
    Deadline = deadline(Wish),
    [
        begin
            in_time(Made, Deadline),
            spawn(fun() -> Body(Made rem 7) end)
        end
     || Made <- lists:seq(0, Fibers - 1)
    ].

walk([], Sum) ->
    Sum;
walk([Pid | Pids], Sum) ->
    Pid ! self(),
    receive
        Answer -> walk(Pids, Sum + Answer)
    end.

fold([], Sum) ->
    Sum;
fold([Pid | Pids], Sum) ->
    Pid ! self(),
    receive
        Answer -> fold(Pids, (Sum * 31 + Answer) rem ?FOLD)
    end.

resumes(#{fibers := Fibers, count := Count} = Wish, Pids, More) ->
    Laps = (Count + Fibers - 1) div Fibers,
    Parts = parts(Pids, Fibers),
    Clock = start(),
    {Done, Sum} = laps(Parts, Laps, max(1, ?SLICE div Fibers), deadline(Wish), 0, 0),
    print(Clock, stop(Clock), Done, Sum, More(Done)).

%% A process that waits for ever is never collected, so dropped ones are told to end.
churn(#{count := Count, limit := Limit} = Wish) ->
    Empty = memory(),
    Patience = Wish#{limit := patience(Limit)},
    Live = arrange(Wish, create(Patience, fun counter/1)),
    walk(Live, 0),
    Settled = settle(Live),
    %% It slows messages by some per cent, so it is left out elsewhere.
    erlang:system_flag(microstate_accounting, true),
    Clock = start(),
    {Done, Sum} = batches(queue:from_list(lists:duplicate(?ALIVE, [])), Count, deadline(Wish), 0, 0),
    Ended = stop(Clock),
    print(Clock, Ended, Done, walk(Live, Sum), memories(Empty, Settled)).

patience(0) -> 0;
patience(Limit) -> max(Limit, 10).

batches(Alive, Count, Deadline, Done, Sum) ->
    case Done >= Count orelse now_ns() > Deadline of
        true ->
            {Done, Sum};
        false ->
            {{value, Old}, Others} = queue:out(Alive),
            [exit(Pid, kill) || Pid <- Old],
            Batch = [spawn(fun() -> counter(I rem 7) end) || I <- lists:seq(0, ?BATCH - 1)],
            batches(queue:in(Batch, Others), Count, Deadline, Done + ?BATCH, walk(Batch, Sum))
    end.

laps(_, 0, _, _, Done, Sum) ->
    {Done, Sum};
laps(Parts, Laps, AtOnce, Deadline, Done, Sum) ->
    Turns = min(AtOnce, Laps),
    case visit(Parts, Turns, Deadline, Done, Sum) of
        {late, Some, Total} -> {Some, Total};
        {Some, Total} -> laps(Parts, Laps - Turns, AtOnce, Deadline, Some, Total)
    end.

visit([], _, _, Done, Sum) ->
    {Done, Sum};
visit([{Size, Pids} | Parts], Turns, Deadline, Done, Sum) ->
    Total = turns(Turns, Pids, Sum),
    Some = Done + Turns * Size,
    case now_ns() > Deadline of
        true -> {late, Some, Total};
        false -> visit(Parts, Turns, Deadline, Some, Total)
    end.

turns(0, _, Sum) -> Sum;
turns(Turns, Pids, Sum) -> turns(Turns - 1, Pids, walk(Pids, Sum)).

parts(Pids, Size) when Size =< ?SLICE ->
    [{Size, Pids}];
parts(Pids, Size) ->
    {Part, Rest} = lists:split(?SLICE, Pids),
    [{?SLICE, Part} | parts(Rest, Size - ?SLICE)].

ring(#{fibers := Fibers, count := Count} = Wish) ->
    Members = arrange(Wish, create(Wish, fun(Weight) -> receive Next -> member(Next, Weight) end end)),
    [Member ! Next || {Member, Next} <- lists:zip(Members, tl(Members) ++ [hd(Members)])],
    Clock = start(),
    {Done, Sum} = passes(list_to_tuple(Members), Fibers, Count, deadline(Wish), 0, 0),
    print(Clock, stop(Clock), Done, Sum, "").

%% The message says how often to pass it on, and which process to answer after that.
member(Next, Weight) ->
    receive
        {1, Supervisor} -> Supervisor ! Weight;
        {Left, Supervisor} -> Next ! {Left - 1, Supervisor}
    end,
    member(Next, Weight).

passes(Members, Fibers, Count, Deadline, Done, Sum) ->
    case Done >= Count orelse now_ns() > Deadline of
        true ->
            {Done, Sum};
        false ->
            Some = min(?SLICE, Count - Done),
            element(Done rem Fibers + 1, Members) ! {Some, self()},
            receive
                Weight ->
                    passes(Members, Fibers, Count, Deadline, Done + Some, (Sum * 31 + Weight) rem ?FOLD)
            end
    end.

%% The lab's shuffle, or the order as it is.
arrange(#{shuffled := false}, Items) ->
    Items;
arrange(#{fibers := Fibers}, Items) ->
    array:to_list(shuffle(Fibers - 1, 17263, array:from_list(Items))).

shuffle(0, _, Items) ->
    Items;
shuffle(I, Before, Items) ->
    State = (Before * 1664525 + 1013904223) rem 16#1_0000_0000,
    J = trunc(State / 16#1_0000_0000 * (I + 1)),
    Swapped = array:set(J, array:get(I, Items), array:set(I, array:get(J, Items), Items)),
    shuffle(I - 1, State, Swapped).

start() ->
    %% The first call loads the code that it calls.
    process(),
    {Before, Collected} = {process(), collections()},
    perf("enable\n"),
    {Before, now_ns(), Collected}.

stop(_) ->
    Ended = now_ns(),
    perf("disable\n"),
    {Number, Nanoseconds} = collections(),
    {process(), Ended, Number, Nanoseconds}.

print({Before, Started, {Many, Spent}}, {After, Ended, Number, Nanoseconds}, Done, Sum, More) ->
    io:format(
        "{\"count\":~b,\"seconds\":~p,\"sum\":~b,\"before\":\"~s\",\"after\":\"~s\",\"gcCount\":~b~s~s}~n",
        [
            Done,
            (Ended - Started) / 1.0e9,
            Sum,
            Before,
            After,
            Number - Many,
            spent(Number - Many, Nanoseconds - Spent),
            More
        ]
    ).

%% Unknown where there were collections and their time was not recorded.
spent(Many, 0) when Many > 0 -> "";
spent(_, Nanoseconds) -> io_lib:format(",\"gcSeconds\":~p", [Nanoseconds / 1.0e9]).

%% How many there were, and the nanoseconds that every thread has spent in them.
collections() ->
    {Number, _, _} = erlang:statistics(garbage_collection),
    Spent = [
        maps:get(gc, Counters, 0) + maps:get(gc_full, Counters, 0)
     || #{counters := Counters} <- msacc()
    ],
    {Number, erlang:convert_time_unit(lists:sum(Spent), perf_counter, nanosecond)}.

msacc() ->
    case erlang:statistics(microstate_accounting) of
        undefined -> [];
        Threads -> Threads
    end.

now_ns() -> erlang:monotonic_time(nanosecond).

%% Every number is less than an atom.
deadline(#{limit := Limit}) when Limit == 0 -> never;
deadline(#{limit := Limit}) -> now_ns() + Limit * 1.0e9.

number(Text) ->
    try
        list_to_float(Text)
    catch
        error:badarg -> list_to_integer(Text)
    end.

%% Ends the program when creating takes too long.
in_time(Made, Deadline) when Made rem ?SLICE =:= 0 ->
    case now_ns() > Deadline of
        true ->
            io:format("{\"stoppedAt\":~b,\"error\":\"the time limit\"}~n", [Made]),
            erlang:halt(0, [{flush, true}]);
        false ->
            ok
    end;
in_time(_, _) ->
    ok.

%% What Linux knows about this process: /proc/self/stat after the name, and the context switches of all threads.
process() ->
    case file:read_file("/proc/self/stat") of
        {ok, Stat} ->
            Own = string:trim(lists:last(binary:split(Stat, <<") ">>, [global]))),
            Threads = filelib:wildcard("/proc/self/task/*/status"),
            Switches = [switches(Thread) || Thread <- Threads],
            {Willing, Unwilling} = lists:unzip(Switches),
            io_lib:format("~s ~b ~b", [Own, lists:sum(Willing), lists:sum(Unwilling)]);
        _ ->
            ""
    end.

switches(Thread) ->
    case file:read_file(Thread) of
        {ok, Status} -> {after_name(Status, "\nvoluntary_ctxt_switches"), after_name(Status, "nonvoluntary_ctxt_switches")};
        _ -> {0, 0}
    end.

%% The memory once every process has collected its garbage.
settle(Pids) ->
    [erlang:garbage_collect(Pid) || Pid <- Pids],
    erlang:garbage_collect(),
    memory().

%% Resident and mapped KiB, and mappings.
memory() ->
    case file:read_file("/proc/self/maps") of
        {ok, Maps} ->
            {ok, Rollup} = file:read_file("/proc/self/smaps_rollup"),
            {ok, Status} = file:read_file("/proc/self/status"),
            Mappings = length(binary:matches(Maps, <<"\n">>)),
            Figures = [after_name(Rollup, "Rss"), after_name(Status, "VmSize"), Mappings],
            io_lib:format("~b ~b ~b", Figures);
        _ ->
            ""
    end.

memories(Empty, Settled) ->
    io_lib:format(",\"empty\":\"~s\",\"settled\":\"~s\"", [Empty, Settled]).

after_name(Text, Name) ->
    {match, [Number]} = re:run(Text, Name ++ ":\\s+(\\d+)", [{capture, all_but_first, list}]),
    list_to_integer(Number).

%% Switches perf's counters on and off, where the lab asks for it.
perf(What) ->
    case {os:getenv("FIBRIL_PERF_CONTROL"), os:getenv("FIBRIL_PERF_ACK")} of
        {Control, Ack} when is_list(Control), is_list(Ack) ->
            ok = file:write_file(Control, What, [raw]),
            {ok, Answer} = file:open(Ack, [read, raw]),
            skip_line(Answer),
            ok = file:close(Answer);
        _ ->
            ok
    end.

%% Byte by byte, for a read of more would wait for all of it.
skip_line(File) ->
    case file:read(File, 1) of
        {ok, "\n"} -> ok;
        {ok, _} -> skip_line(File);
        eof -> ok
    end.
