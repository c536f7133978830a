# shellcheck shell=bash disable=SC2154 # install-daemons.sh sets what is read here
# Changes of files, each of which is told, counted, and can be undone until all is well.

changes=0
undo=() # what puts back what was changed, in the order of the changes; each a command of words without spaces

# Does a change, or only tells it. change WHAT COMMAND...
change() {
  local what=$1
  shift
  changes=$((changes + 1))
  if [ -n "$dry_run" ]; then
    say "would $what"
  else
    "$@"
    say "$what"
  fi
}

# Keeps what is in a place for undoing what is done to it next.
keep() {
  if [ -e "$1" ] || [ -L "$1" ]; then
    cp -a "$1" "$kept/${#undo[@]}"
    undo+=("put_back ${#undo[@]} $1")
  else
    undo+=("rm -f $1")
  fi
}

put_back() {
  rm -f "$2"
  cp -a "$kept/$1" "$2"
}

undo_changes() {
  local number
  for ((number = ${#undo[@]} - 1; number >= 0; number--)); do
    ${undo[number]} || complain "could not undo: ${undo[number]}"
  done
  undo=()
}

# Writes a file from standard input: all of it or nothing.
write_file() {
  local mode=$1 to=$2 from=$3
  if [ ! -d "$(dirname "$to")" ]; then
    mkdir -p "$(dirname "$to")"
    undo+=("rmdir --ignore-fail-on-non-empty -p $(dirname "$to")")
  fi
  keep "$to"
  rm -f "$to.part"
  if ! { install -m "$mode" "$from" "$to.part" && mv "$to.part" "$to"; }; then
    rm -f "$to.part"
    return 1
  fi
}

# Puts a file of ours in its place. put MODE FROM TO
put() {
  local mode=$1 from=$2 to=$tree$3
  if ! cmp -s "$from" "$to"; then
    change "write $to" write_file "$mode" "$to" "$from"
  fi
}

# Puts a file in its place that the administrator may edit. Edited is what differs from what we put there, of which a
# copy is in /usr/share/patchbay; then, or to keep it, the new one goes beside it. put_configuration MODE FROM TO [keep]
put_configuration() {
  local mode=$1 from=$2 to=$tree$3 keep=${4:-} ours=$shared$3
  if [ ! -e "$to" ] || { [ -z "$keep" ] && cmp -s "$to" "$ours" && ! cmp -s "$to" "$from"; }; then
    change "write $to" write_file "$mode" "$to" "$from"
  elif ! cmp -s "$to" "$from" && ! cmp -s "$ours" "$from" && ! cmp -s "$to.new" "$from"; then
    change "write $to.new, as $to ${keep:+is used by what }was edited" write_file "$mode" "$to.new" "$from"
  fi
  put 644 "$from" "/usr/share/patchbay$3"
}

# Makes a directory. make_directory MODE OWNER PATH; in a tree, where the owner may not be, it is whoever makes it.
make_directory() {
  local mode=$1 path=$3 owner=()
  [ -n "$tree" ] || owner=(-o "$2")
  if [ ! -d "$path" ]; then
    change "make $path" install -d -m "$mode" "${owner[@]}" "$path"
    # With what a program that does not work has left in it; nobody has had the time to use that.
    undo+=("rmdir --ignore-fail-on-non-empty -p $(dirname "$path")" "rm -rf --one-file-system $path")
  fi
}

make_link() {
  local to=$1 link=$2
  if [ "$(readlink "$link" || true)" != "$to" ]; then
    change "link $link to $to" relink "$to" "$link"
  fi
}

relink() {
  keep "$2"
  mkdir -p "$(dirname "$2")"
  ln -sfn "$1" "$2"
}

# Removes what is there of these paths.
remove_paths() {
  local path
  for path; do
    if [ -e "$path" ] || [ -L "$path" ]; then
      change "remove $path" rm -rf --one-file-system -- "$path"
    fi
  done
}
