# Runs the test server for as long as the pipe "alive" is open for writing somewhere.
# Arguments: the folder of the run, then the command of the server.
# Who joins writes a line "TOKEN PID": the token is acknowledged by a file of that name; PID, if it is not 0, is a
# go command that keeps the server alive between the test processes it runs.
run=$1
shift
cd "$run" || exit 1

there() {
	if [ -d /proc/self ]; then [ -d "/proc/$1" ]; else kill -0 "$1" 2>/dev/null; fi
}

keep() {
	if [ "$1" -eq 0 ] || [ -e "go.$1" ]; then return; fi
	: >"go.$1"
	(
		while there "$1"; do sleep 0.1; done
		rm -f "go.$1"
	) 3<&- 4>alive &
}

# Opened for both first: opened for reading alone it would wait for a writer, for ever if that has been killed.
exec 4<>alive 3<alive 4>&-
"$@" </dev/null >>server.log 2>&1 3<&- &
server=$!
while read -r token pid <&3; do
	keep "$pid"
	: >"joined.$token"
done

# Whoever writes to the pipe from now on gets no answer and starts a server of its own.
rm -f alive
for file in cluster.*/postgres/postmaster.pid; do
	if [ -e "$file" ]; then kill -QUIT "$(head -n 1 "$file")"; fi
done 2>/dev/null
kill -QUIT "$server" 2>/dev/null
wait "$server"
cd /
for attempt in 1 2 3 4 5 6 7 8 9 10; do
	rm -rf "$run" 2>/dev/null && exit
	sleep 0.1
done
