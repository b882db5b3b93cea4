package jail

import (
	"os"
	"os/signal"
	"slices"
)

// Notified is signal.Notify, but for signals that whoever started us has us ignore: as nohup(1) does, and a shell for a job in the
// background of a script. The command ignores them too.
func Notified(to chan<- os.Signal, signals ...os.Signal) {
	signal.Notify(to, slices.DeleteFunc(signals, signal.Ignored)...)
}
