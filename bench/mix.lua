-- wrk: ask for one address after the other of a file. Arguments: the file, and what stands in Authorization.
local paths, position = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    paths[#paths + 1] = line
  end
  if arguments[2] then
    wrk.headers["Authorization"] = arguments[2]
  end
end

function request()
  position = position % #paths + 1
  return wrk.format("GET", paths[position])
end
